import {
  DefaultTheme,
  type Models,
  type PageEvent,
  type Renderer,
} from "typedoc";
import { GUIDES } from "./guides.ts";
import { PLAYGROUND, REPOSITORY, SITE } from "./links.ts";

/** An entry of the navigation. */
type Entry = ReturnType<DefaultTheme["buildNavigation"]>[number];

/** Links at the top of every page. */
export const TOP_LINKS: Readonly<Record<string, string>> = {
  Guides: `${SITE}guides/guide.html`,
  Reference: `${SITE}modules.html`,
  Playground: SITE + PLAYGROUND,
  GitHub: REPOSITORY,
};

/** The default theme, with the playground in its navigation. */
export class SiteTheme extends DefaultTheme {
  constructor(renderer: Renderer) {
    super(renderer);
  }

  override buildNavigation(project: Models.ProjectReflection): Entry[] {
    const entries = super.buildNavigation(project);
    const first = entries.find(({ text }) => text === GUIDES[0].title);
    first?.children?.push({ text: "Playground", path: PLAYGROUND });
    return entries;
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
