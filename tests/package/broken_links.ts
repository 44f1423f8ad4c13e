import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Relative links of the documents in a folder that lead to no file of it, or to
 * no heading of a document.
 */
export function brokenLinks(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String)
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) =>
      linksOf(prose(join(folder, name)))
        .filter((link) => !leadsOn(join(folder, name), link))
        .map((link) => `${name}: ${link}`)
    );
}

/** Targets of links and pictures, without those of other sites. */
function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
    .map(([, link]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsOn(document: string, link: string): boolean {
  const [path, heading] = link.split("#");
  const target = path === "" ? document : join(dirname(document), path);
  if (!existsSync(target)) return false;
  return heading === undefined || !target.endsWith(".md") ||
    headingsOf(prose(target)).includes(heading);
}

/** The headings of a document, as GitHub makes anchors of them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "").trim().replaceAll(" ", "-")
  );
}

/** A document without its blocks of code. */
function prose(path: string): string {
  return readFileSync(path, "utf8").replaceAll(/^ *```[^]*?^ *```/gm, "");
}
