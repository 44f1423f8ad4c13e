import { build, transform } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { buildDir, projectDir } from "../runner/files.ts";
import { succeed } from "../runner/gate.ts";
import { nodeOf } from "./tools.ts";

const BUNDLERS = ["esbuild", "rollup", "vite"] as const;

type Bundler = typeof BUNDLERS[number];

/** What `consumer/node_program.ts` prints. */
const NODE_OUTPUT = "kept 1 one, 3 three; traced 3 flushes\n";

/** How what `consumer/browser_program.ts` prints begins. */
const BROWSER_OUTPUT = 'read one, two; Cannot use "./log" because';

/** Bundles a program for Node with each bundler, and runs it on Node 20. */
export async function bundleForNode(): Promise<string> {
  const node = await nodeOf("20") ?? "node";
  for (const bundler of BUNDLERS) {
    const main = await bundle("node_program", bundler, "node");
    const output = await succeed(node, [main]);
    if (output !== NODE_OUTPUT) throw new Error(`${bundler}: ${output}`);
  }
  return NODE_OUTPUT;
}

/**
 * Bundles a program for browsers, and runs it where all that only Node has is
 * gone. No chunk of it may name a module of Node's.
 */
export async function bundleForBrowsers(): Promise<string> {
  const node = await nodeOf("22") ?? "node";
  const hide = fileURLToPath(
    new URL("./tools/browser_like.mjs", import.meta.url),
  );
  for (const bundler of BUNDLERS) {
    const main = await bundle("browser_program", bundler, "browser");
    const found = importsOf(main).filter((name) => !name.startsWith("."));
    if (found.length > 0) throw new Error(`${bundler} leaves ${found.join()}`);
    const args = ["--import", pathToFileURL(hide).href, main];
    const output = await succeed(node, args);
    if (!output.startsWith(BROWSER_OUTPUT)) {
      throw new Error(`${bundler}: ${output}`);
    }
  }
  return BROWSER_OUTPUT;
}

/** Returns the path of the bundle's first chunk. */
async function bundle(
  program: string,
  bundler: Bundler,
  platform: "node" | "browser",
): Promise<string> {
  const input = await writeProgram(program);
  const outDir = join(buildDir, "bundles", `${program}-${bundler}`);
  const main = join(outDir, "main.js");
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, "package.json"), '{ "type": "module" }');
  if (bundler === "esbuild") {
    // One file, lazily loaded modules included.
    await build({
      entryPoints: [input],
      outfile: main,
      bundle: true,
      format: "esm",
      platform,
      minify: platform === "browser",
      logLevel: "error",
    });
    return main;
  }
  return join(outDir, await bundleWithTool(bundler, input, outDir, platform));
}

/** Bundles a program by tools/bundle.mjs; returns the first chunk's name. */
export async function bundleWithTool(
  bundler: "rollup" | "vite",
  input: string,
  folder: string,
  platform: "node" | "browser",
): Promise<string> {
  const tool = fileURLToPath(new URL("./tools/bundle.mjs", import.meta.url));
  const node = await nodeOf("22") ?? "node";
  await succeed(node, [tool, bundler, input, folder, platform]);
  // Vite empties the folder.
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return "main.js";
}

/** Puts a program into the project that has the package. */
export async function writeProgram(name: string): Promise<string> {
  const source = new URL(`./consumer/${name}.ts`, import.meta.url);
  const { code } = await transform(readFileSync(source, "utf8"), {
    loader: "ts",
  });
  const path = join(projectDir, `${name}.js`);
  writeFileSync(path, code);
  return path;
}

/** What all chunks of a bundle import. */
function importsOf(main: string): string[] {
  const folder = dirname(main);
  return readdirSync(folder, { recursive: true }).map(String)
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .flatMap((text) => ts.preProcessFile(text).importedFiles)
    .map(({ fileName }) => fileName);
}
