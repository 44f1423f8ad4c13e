import { posix } from "node:path";
import type { Models } from "typedoc";
import type { SiteDocument } from "./document.ts";
import { FRONT_PAGE, GUIDES, pageOf } from "./guides.ts";
import { documentAt, mapLinks, SITE } from "./links.ts";
import { moduleSummary, moduleText } from "./module_text.ts";
import { PACKAGE, shortName } from "./site_router.ts";

/** What a language model may skip, by the convention for `llms.txt`. */
const OPTIONAL = "Project";

/**
 * The site in Markdown, for language models, by path: `llms.txt` lists it as
 * https://llmstxt.org proposes, `llms-full.txt` has it in one file, and each
 * guide and module has a copy at the address of its page followed by `.md`.
 */
export function makeLlms(
  documents: readonly SiteDocument[],
  project: Models.ProjectReflection,
): ReadonlyMap<string, string> {
  const modules = project.children ?? [];
  const files = new Map<string, string>();
  for (const document of documents) {
    const path = copyOf(document.file);
    files.set(path, textFor(document, path));
  }
  for (const module of modules) {
    files.set(copyOfModule(module), moduleText(module));
  }
  files.set("llms.txt", makeList(documents, modules));
  files.set("llms-full.txt", makeWhole(documents, modules));
  return files;
}

function copyOf(file: string): string {
  return `${pageOf(file)}.html.md`;
}

function copyOfModule({ name }: Models.Reflection): string {
  return `reference/${shortName(name)}.html.md`;
}

function makeList(
  documents: readonly SiteDocument[],
  modules: readonly Models.DeclarationReflection[],
): string {
  const find = (file: string) =>
    documents.find((document) => document.file === file)!;
  const line = (file: string) => {
    const { title, summary } = find(file);
    return `- [${title}](${copyOf(file)}): ${summary}`;
  };
  const sections = GUIDES.map(({ title, files }) => ({
    title: title === OPTIONAL ? "Optional" : title,
    lines: files.map(line),
  }));
  const reference = {
    title: "Reference",
    lines: modules.map((module) =>
      `- [${module.name}](${copyOfModule(module)}): ${moduleSummary(module)}`
    ),
  };
  const optional = sections.findIndex(({ title }) => title === "Optional");
  sections.splice(optional < 0 ? sections.length : optional, 0, reference);
  return [
    "# Syncline",
    `> ${find(FRONT_PAGE).summary}`,
    `Install it with \`npm install ${PACKAGE}\`, \`deno add jsr:${PACKAGE}\` ` +
    `or \`bun add ${PACKAGE}\`. The [README](${copyOf(FRONT_PAGE)}) is an ` +
    "overview, and [one file](llms-full.txt) has everything listed here.",
    ...sections.flatMap((
      { title, lines },
    ) => [`## ${title}`, lines.join("\n")]),
  ].join("\n\n") + "\n";
}

function makeWhole(
  documents: readonly SiteDocument[],
  modules: readonly Models.DeclarationReflection[],
): string {
  const optional = GUIDES.find(({ title }) => title === OPTIONAL)?.files ?? [];
  return [
    ...documents.filter(({ file }) => !optional.includes(file))
      .map((document) => textFor(document, "llms-full.txt")),
    ...modules.map(moduleText),
  ].map((text) => text.trim()).join("\n\n---\n\n") + "\n";
}

/** A document as it stands at a path of the site, with links to copies. */
function textFor({ file, text }: SiteDocument, path: string): string {
  const top = "../".repeat(path.split("/").length - 1);
  return mapLinks(text, (link) => {
    if (link.startsWith(SITE)) return top + link.slice(SITE.length);
    if (/^[a-z][a-z+.-]*:|^#/i.test(link)) return link;
    const [address, anchor] = link.split("#");
    const target = posix.join(posix.dirname(file), address);
    const to = documentAt(target) === undefined
      ? `media/${posix.basename(target)}`
      : copyOf(target);
    return top + to + (anchor === undefined ? "" : `#${anchor}`);
  });
}
