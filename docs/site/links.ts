import { posix } from "node:path";
import { FRONT_PAGE, guideFiles } from "./guides.ts";

/** Where the project's files can be read. */
export const REPOSITORY = "https://github.com/syncline/wal";

/**
 * Begins a link to a part of the site that is not a document. It is replaced
 * by the way from the page to the top of the site when a page is written.
 */
export const SITE = "site:";

/** Where the playground is in the site. */
export const PLAYGROUND = "playground/index.html";

/** Pages that are elsewhere for a reader of the repository. */
const HERE: ReadonlyMap<string, string> = new Map([
  ["https://jsr.io/@syncline/wal/doc", `${SITE}modules.html`],
]);

/** Pictures and files for download, which the site has copies of. */
const COPIED = /^docs\/.+\.(?:svg|png|json)$/;

const FENCED = /^( *)(`{3,}|~{3,})[^]*?^ *\2`*~*[ \t]*$/m;

/** What lies at a path of the project. */
export type Kind = "file" | "folder" | undefined;

/** A link and the document that it is in. */
interface Place {
  /** The document, relative to the project. */
  readonly file: string;
  /** Tells what lies at a path of the project. */
  readonly kindOf: (path: string) => Kind;
}

/**
 * What a link of a document leads to in the site: to another document, or to a
 * copy of a file, relative to the document as in the repository; to the
 * repository for all else that is in it; and a broken link stays as it is.
 */
export function siteLink(link: string, { file, kindOf }: Place): string {
  const here = HERE.get(link);
  if (here !== undefined) return here;
  const [address, ...anchors] = link.split("#");
  const anchor = anchors.map((name) => `#${name}`).join("");
  const path = pathOf(address, file);
  if (path === undefined) return link;
  if (path === `docs/${PLAYGROUND}`) return SITE + PLAYGROUND + anchor;
  const document = documentAt(path);
  const target = document ?? (COPIED.test(path) ? path : undefined);
  if (target !== undefined) {
    return posix.relative(posix.dirname(file), target) + anchor;
  }
  const kind = kindOf(path);
  if (kind === undefined) return link;
  return `${REPOSITORY}/${kind === "file" ? "blob" : "tree"}/main/${path}` +
    anchor;
}

/** The document that the site shows for a path of the project, if any. */
export function documentAt(path: string): string | undefined {
  const documents = guideFiles();
  return [path, posix.join(path, FRONT_PAGE)]
    .find((file) => documents.includes(file));
}

/** The path in the project that a link leads to; none for other sites. */
function pathOf(address: string, file: string): string | undefined {
  for (const kind of ["blob", "tree"]) {
    const start = `${REPOSITORY}/${kind}/main/`;
    if (address.startsWith(start)) return address.slice(start.length);
  }
  if (address === "" || /^(?:[a-z][a-z+.-]*:|\/)/i.test(address)) return;
  const path = posix.join(posix.dirname(file), address).replace(/\/$/, "");
  return path.startsWith("..") ? undefined : path;
}

/** Replaces the targets of links and pictures in Markdown, except in code. */
export function mapLinks(
  markdown: string,
  change: (link: string) => string,
): string {
  const inText = (text: string) =>
    text.replaceAll(
      /(`+)(?:(?!\n\n)[^])+?\1(?!`)|(\]\(\s*)([^)\s]+)|^(\[[^\]^]+\]:\s*)(\S+)/gm,
      (all, _code, start, link, define, defined) => {
        if (link !== undefined) return start + change(link);
        return defined === undefined ? all : define + change(defined);
      },
    );
  return splitFences(markdown)
    .map(({ text, isCode }) => isCode ? text : inText(text)).join("");
}

/** The parts of a document: blocks of code, and the text between them. */
export function splitFences(
  markdown: string,
): { readonly text: string; readonly isCode: boolean }[] {
  const block = FENCED.exec(markdown);
  if (block === null) return [{ text: markdown, isCode: false }];
  const end = block.index + block[0].length;
  return [
    { text: markdown.slice(0, block.index), isCode: false },
    { text: block[0], isCode: true },
    ...splitFences(markdown.slice(end)),
  ];
}
