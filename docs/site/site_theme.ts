import {
  DefaultTheme,
  type DefaultThemeRenderContext,
  JSX,
  Models,
  type PageEvent,
  type Renderer,
} from "typedoc";
import { GUIDES, pageOf } from "./guides.ts";
import { PLAYGROUND, REPOSITORY, SITE } from "./links.ts";
import { moduleSummary } from "./module_text.ts";

/** An entry of the navigation. */
type Entry = ReturnType<DefaultTheme["buildNavigation"]>[number];

/** Links at the top of every page. */
export const TOP_LINKS: Readonly<Record<string, string>> = {
  Guides: `${SITE}${pageOf(GUIDES[0].files[0])}.html`,
  Reference: `${SITE}modules.html#modules`,
  Playground: SITE + PLAYGROUND,
  GitHub: REPOSITORY,
};

/** Groups of the navigation that are open until a reader closes them. */
const OPEN = [...GUIDES.map(({ title }) => title), "Modules"]
  .filter((title) => title !== "Project");

const { createElement } = JSX;

/** The default theme, with more ways through the guides. */
export class SiteTheme extends DefaultTheme {
  constructor(renderer: Renderer) {
    super(renderer);
    renderer.hooks.on("head.end", openGroups);
    renderer.hooks.on("content.end", neighbors);
  }

  override buildNavigation(project: Models.ProjectReflection): Entry[] {
    const entries = super.buildNavigation(project);
    const first = entries.find(({ text }) => text === GUIDES[0].title);
    first?.children?.push({ text: "Playground", path: PLAYGROUND });
    return entries;
  }

  override getReflectionIcon(
    reflection: Models.Reflection,
  ): keyof this["icons"] & (string | number) {
    return super.getReflectionIcon(
      reflection.isReference()
        ? reflection.getTargetReflectionDeep()
        : reflection,
    );
  }
}

/** Replaces {@linkcode SITE} in a page by the way to the top of the site. */
export function resolveSiteLinks(page: PageEvent): void {
  const depth = page.url.split("/").length - 1;
  page.contents = page.contents?.replaceAll(
    `"${SITE}`,
    `"${"../".repeat(depth)}`,
  );
}

/** Describes a page, for search engines, by the first sentence about it. */
export function describePage(page: PageEvent): void {
  const model = page.model as Models.Reflection;
  const module = model.isProject() ? model.children?.[0] : model;
  const summary = model.isDocument()
    ? String(model.frontmatter.summary)
    : module?.kindOf(Models.ReflectionKind.Module)
    ? moduleSummary(module as Models.DeclarationReflection)
    : "";
  if (summary === "") return;
  const escaped = summary.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  page.contents = page.contents?.replace(
    /(?<=<meta name="description" content=)"[^"]*"/,
    () => `"${escaped}"`,
  );
}

/** A script that opens groups before the theme draws the navigation. */
function openGroups(): JSX.Element {
  const html = `try { for (const title of ${JSON.stringify(OPEN)}) ` +
    `localStorage["tsd-accordion-" + title] ??= "true" } catch {}`;
  return createElement("script", null, createElement(JSX.Raw, { html }));
}

/** Links to the guides before and after the one that is shown. */
function neighbors(context: DefaultThemeRenderContext): JSX.Element {
  const { project } = context.page;
  const guides = project.documents ?? [];
  const at = guides.findIndex((guide) => guide === context.page.model);
  if (at < 0) return createElement(JSX.Fragment, null);
  const link = (guide: Models.DocumentReflection | undefined, rel: string) =>
    guide && createElement(
      "a",
      { href: context.urlTo(guide), rel, class: `site-${rel}` },
      guide.name,
    );
  return createElement(
    "nav",
    { class: "site-neighbors", "aria-label": "Guides" },
    link(guides[at - 1], "prev"),
    link(guides[at + 1], "next"),
  );
}
