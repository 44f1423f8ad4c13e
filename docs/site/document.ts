import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Kind, mapLinks, siteLink } from "./links.ts";

/** The project's top directory, with a slash at its end. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A document as the site shows it. */
export interface SiteDocument {
  /** Relative to the project. */
  readonly file: string;
  /** Its first heading, in plain text. */
  readonly title: string;
  /** The first sentence after it. */
  readonly summary: string;
  /** The whole, in Markdown, with links that hold in the site. */
  readonly text: string;
}

/** Reads a document of the project. */
export function readDocument(file: string): SiteDocument {
  return makeDocument(file, readFileSync(root + file, "utf8"), kindOf);
}

/** Makes the site's document of a file and its text. */
export function makeDocument(
  file: string,
  text: string,
  kindOf: (path: string) => Kind,
): SiteDocument {
  const lines = text.replaceAll("\r\n", "\n");
  const body = /^# /m.test(lines) ? lines : headed(lines);
  return {
    file,
    title: plain(/^# +(.+)$/m.exec(body)![1]),
    summary: summaryOf(body),
    text: mapLinks(body, (link) => siteLink(link, { file, kindOf })),
  };
}

/** A text without a heading, such as the license, under its first line. */
function headed(text: string): string {
  const [first, ...rest] = text.trim().split("\n");
  return [`# ${first}`, ...rest].join("\n");
}

/** The first sentence of prose that ends as one. */
function summaryOf(text: string): string {
  const sentences = text.split(/\n{2,}/)
    .filter((part) => /^(?!```)[A-Za-z`[*_{]/.test(part))
    .map((part) => firstSentence(plain(part.replaceAll(/\s+/g, " "))));
  return sentences.find((words) => /[.!?]$/.test(words)) ?? sentences[0] ?? "";
}

/** The first sentence of a paragraph; all of it if none ends. */
export function firstSentence(words: string): string {
  return /^.*?[.!?](?=\s+[A-Z0-9`]|$)/.exec(words)?.[0] ?? words;
}

/** Links as their words; code and emphasis without their marks. */
function plain(markdown: string): string {
  return markdown.replaceAll(/!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replaceAll(/[*`]/g, "").trim();
}

function kindOf(path: string): Kind {
  const found = statSync(root + path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return found.isDirectory() ? "folder" : "file";
}
