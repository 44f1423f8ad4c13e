import { build, type Plugin } from "esbuild";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildDir, root } from "./files.ts";

/**
 * Turns TypeScript tests into JavaScript that Node 20 can run, which cannot
 * strip types itself: one self-contained module for each test file.
 *
 * @param files The test files, relative to the project's top directory.
 * @returns The paths of the modules, in the same order.
 */
export async function bundle(files: readonly string[]): Promise<string[]> {
  const outdir = join(buildDir, "node");
  await build({
    absWorkingDir: root,
    entryPoints: [...files],
    outbase: root,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    packages: "external",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    logLevel: "silent",
    plugins: [keepUrls],
  });
  return files.map((file) => join(outdir, file.replace(/\.ts$/, ".mjs")));
}

/** Lets `import.meta.url` still name the source, and what lies beside it. */
const keepUrls: Plugin = {
  name: "keep-urls",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href);
      const source = await readFile(path, "utf8");
      const contents = source.replaceAll("import.meta.url", url);
      return { contents, loader: "ts" };
    });
  },
};
