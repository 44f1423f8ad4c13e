import { build, type Plugin, stop } from "esbuild";
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

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
    plugins: [
      byName(installed),
      ...installed === undefined ? [] : [standIn(installed)],
    ],
  });
  await stop();
  return outfile;
}

/** Finds what is imported by the package's name, as the examples do. */
function byName(installed: string | undefined): Plugin {
  return {
    name: "by name",
    setup({ onResolve }) {
      const config = readFileSync(join(root, "deno.json"), "utf8");
      const { exports } = JSON.parse(config);
      onResolve({ filter: /^@syncline\/wal(\/|$)/ }, ({ path }) => {
        const file = exports[path.replace("@syncline/wal", ".")];
        return {
          path: installed === undefined
            ? join(root, file)
            : join(installed, file.replace(/\.ts$/, ".js")),
        };
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
