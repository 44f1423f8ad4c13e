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
  const parts = [
    ['<meta charset="utf-8">', policyFor(script.text, style)],
    ['<style id="style">', style],
    ['<script id="program">', script.text],
  ];
  return parts.reduce((made, [place, part]) => {
    const [before, after, ...more] = made.split(place);
    if (after === undefined || more.length > 0) {
      throw new Error(`Cannot build the page as it has not one ${place}`);
    }
    return before + place + part + after;
  }, page);
}

/** Admits the program and the style as they are, and nothing from elsewhere. */
function policyFor(script: string, style: string): string {
  const rules = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "worker-src blob:",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return '\n<meta http-equiv="Content-Security-Policy" ' +
    `content="${rules.join("; ")}">`;
}

function hash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
