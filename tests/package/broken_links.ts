import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Relative links of the documents in a folder that lead to no file of it. */
export function brokenLinks(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String)
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) =>
      linksOf(readFileSync(join(folder, name), "utf8"))
        .filter((link) => !existsSync(join(folder, dirname(name), link)))
        .map((link) => `${name}: ${link}`)
    );
}

/** Targets of links and pictures, without those of other sites. */
function linksOf(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map(([, link]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}
