import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The playground as one file: the style and the program stand in the page, so
 * that it works from any place, also from the disk. Its content security policy
 * admits these by their hashes and nothing from anywhere else.
 *
 * The program is not minified: what is published can be read, and a change of
 * it looks like one.
 */
export async function buildPage(): Promise<string> {
  const { outputFiles: [script] } = await build({
    absWorkingDir: root,
    entryPoints: ["playground/page/main.ts"],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
  });
  const style = await readFile(`${root}/playground/page.css`, "utf8");
  const page = await readFile(`${root}/playground/page.html`, "utf8");
  const parts: Record<string, string> = {
    STYLE: `\n${style}`,
    STYLE_HASH: hash(`\n${style}`),
    SCRIPT: `\n${script.text}`,
    SCRIPT_HASH: hash(`\n${script.text}`),
  };
  return page.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}

function hash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
