import { type Application, IndexEvent, Models, Slugger } from "typedoc";
import type { SiteDocument } from "./document.ts";
import { pageOf } from "./guides.ts";
import { splitFences } from "./links.ts";
import type { SiteRouter } from "./site_router.ts";

/** The section that every guide ends with: links to others. */
const SIGNPOST = "Where to go next";

/** A part of a document that the search leads to. */
export interface Section {
  /** Its heading, in plain text. */
  readonly title: string;
  /** What a link to it names, as the page does. */
  readonly anchor: string;
  /** Its text without code, up to the next section. */
  readonly text: string;
}

/**
 * Makes the search lead to sections of documents rather than to whole pages,
 * and to each symbol once: not to what a module takes from another one, nor to
 * what a class inherits, where it is declared.
 */
export function searchSections(
  { renderer }: Application,
  documents: readonly SiteDocument[],
): void {
  renderer.on(IndexEvent.PREPARE_INDEX, (event: IndexEvent) => {
    const { project } = event.searchResults[0];
    const inherited = new Set(
      event.searchResults.map((found) =>
        found.isDeclaration() ? found.inheritedFrom?.reflection : undefined
      ),
    );
    for (let at = event.searchResults.length - 1; at >= 0; at--) {
      const found = event.searchResults[at];
      if (found.isDocument() || found.isReference() || inherited.has(found)) {
        event.removeResult(at);
      }
    }
    const router = renderer.router as SiteRouter;
    for (const { file, title: guide, text } of documents) {
      sectionsOf(text).forEach(({ title, anchor, text }, index) => {
        if (title === SIGNPOST) return;
        const name = index === 0 ? title : `${title} · ${guide}`;
        const made = new Models.DocumentReflection(name, project, [], {});
        const page = `${pageOf(file)}.html`;
        router.lead(made, index === 0 ? page : `${page}#${anchor}`);
        made.relevanceBoost = 2;
        event.searchResults.push(made);
        event.searchFields.push({ name: title, document: text });
      });
    }
  });
}

/** The sections of a document in Markdown, each with its own heading. */
export function sectionsOf(markdown: string): Section[] {
  const slugger = new Slugger({ lowercase: true });
  const sections: { title: string; anchor: string; text: string }[] = [];
  for (const { text, isCode } of splitFences(markdown)) {
    for (const line of isCode ? [] : text.split(/^/m)) {
      const heading = /^#{1,6} +(.+)$/m.exec(line)?.[1];
      if (heading !== undefined) {
        const title = heading.replaceAll(/[*`]/g, "").trim();
        sections.push({ title, anchor: slugger.slug(title), text: "" });
      } else if (sections.length > 0) sections.at(-1)!.text += line;
    }
  }
  return sections;
}
