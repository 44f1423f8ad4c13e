import { build, type Plugin, stop } from "esbuild";
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Packages in CommonJS require built-in modules. The name of the module's URL
 * is in two parts, because the tests' own is replaced when they are transpiled.
 */
export const REQUIRE: string = "import { createRequire as makeRequire } from " +
  '"node:module"; const require = makeRequire(import.meta' + ".url);";

/** Makes of a source one module that Node 20, Deno and Bun can all run. */
export async function bundleModule(
  source: string,
  outfile: string,
): Promise<string> {
  const installed = process.env["SYNCLINE_INSTALLED"];
  await build({
    entryPoints: [source],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile,
    logLevel: "error",
    banner: { js: REQUIRE },
    plugins: installed === undefined
      ? [byName(root, ".ts")]
      : [byName(installed, ".js"), standIn(installed)],
  });
  await stop();
  return outfile;
}

/**
 * Finds what is imported by the package's name, as the examples do. Files of
 * the library end with `ending`.
 */
export function byName(library: string, ending: ".ts" | ".js"): Plugin {
  return {
    name: "by name",
    setup({ onResolve }) {
      const config = readFileSync(join(root, "deno.json"), "utf8");
      const { exports } = JSON.parse(config);
      onResolve({ filter: /^@syncline\/wal(\/|$)/ }, ({ path }) => {
        const file: string = exports[path.replace("@syncline/wal", ".")];
        return { path: join(library, file.replace(/\.ts$/, ending)) };
      });
    },
  };
}

/** Takes the library from where it is installed, not from its sources. */
function standIn(installed: string): Plugin {
  return {
    name: "stand-in",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir }) => {
        const source = relative(root, join(resolveDir, path));
        const there = join(installed, source.replace(/\.ts$/, ".js"));
        return existsSync(there) ? { path: there } : undefined;
      });
    },
  };
}
