/**
 * Builds `docs/playground/index.html`.
 *
 * @module
 */
import { build, type Plugin, stop } from "esbuild";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { paletteStyle } from "../figures/plot/palette.ts";

const folder = new URL(".", import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));

const LIBRARY = "@observablehq/plot";

/** The parts of the chart library that the page uses. */
const USED = [
  ...["areaX", "axisX", "axisY", "dot", "gridX", "gridY", "line"],
  ...["plot", "text"],
];

/** Required by the licenses of the library and its dependencies. */
const NOTICE = "/* Observable Plot, copyright Observable, Inc., and D3, " +
  "copyright Mike Bostock, under the ISC license; interval-tree-1d, " +
  "copyright Mikola Lysenko, under the MIT license: " +
  "https://github.com/observablehq/plot */\n";

/**
 * The playground as one file: the style and the program are in the page, so it
 * works from anywhere, even from the disk. Its content security policy admits
 * these two by their hashes, and nothing else.
 *
 * Only the chart library is minified. The page's own program can be read, and a
 * change to it looks like one.
 */
export async function buildPage(): Promise<string> {
  const style = paletteStyle(":root") + await read("page.css");
  const script = NOTICE + await bundleLibrary() + await bundleProgram();
  const parts = [
    ['<meta charset="utf-8">', policyFor(script, style)],
    ['<style id="style">', style],
    ['<script id="program">', script],
  ];
  return parts.reduce((made, [place, part]) => {
    const [before, after, ...more] = made.split(place);
    if (after === undefined || more.length > 0) {
      throw new Error(
        `Cannot build the page because "${place}" must be in it once`,
      );
    }
    return before + place + part + after;
  }, await read("page.html"));
}

/** The library as a script that declares `Plot`. */
function bundleLibrary(): Promise<string> {
  return bundle({
    stdin: {
      contents: `export { ${USED.join(", ")} } from "${LIBRARY}";`,
      resolveDir: root,
    },
    globalName: "Plot",
    minify: true,
  });
}

/** The page's own program, which takes the library from `Plot`. */
function bundleProgram(): Promise<string> {
  return bundle({
    entryPoints: ["docs/playground/page/main.ts"],
    plugins: [takeLibrary],
  });
}

async function bundle(
  options: Parameters<typeof build>[0],
): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    ...options,
  });
  return outputFiles![0].text;
}

const takeLibrary: Plugin = {
  name: "take-library",
  setup({ onResolve, onLoad }) {
    const namespace = "library";
    onResolve({ filter: /^@observablehq\/plot$/ }, ({ path }) => {
      return { path, namespace };
    });
    onLoad({ filter: /./, namespace }, () => {
      return { contents: `export const { ${USED.join(", ")} } = Plot;` };
    });
  },
};

/** Admits exactly this program and this style. */
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

function read(file: string): Promise<string> {
  return readFile(new URL(file, folder), "utf8");
}

if (import.meta.main) {
  const page = await buildPage();
  await stop();
  await writeFile(new URL("index.html", folder), page);
  console.log(`docs/playground/index.html: ${page.length} characters`);
}
