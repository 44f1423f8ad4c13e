import { build, type Plugin, stop } from "esbuild";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { byName, REQUIRE } from "../../tests/kit/process/bundle_module.ts";
import { runChild } from "../../tests/kit/process/child.ts";
import { benchDir } from "../packages.ts";
import { commandFor, type RuntimeName } from "./runtime.ts";
import { withDirectory } from "./scratch.ts";

/** This checkout's root. */
export const projectDir: string = resolve(
  fileURLToPath(new URL("../..", import.meta.url)),
);

/**
 * Bundles a source, relative to `bench/`, into one module, so that Node 20 and
 * Deno run the same text. The bundle is below `bench/` too, where it finds its packages.
 * The library in it is that of the checkout `library`.
 */
export async function bundle(
  source: string,
  { library = projectDir, name = source }: {
    library?: string;
    name?: string;
  } = {},
): Promise<string> {
  const file = name.replace(/^(\.\.\/)+/, "").replaceAll("/", "_")
    .replace(/\.ts$/, "") + ".mjs";
  const outfile = join(benchDir, ".build", file);
  await build({
    entryPoints: [join(benchDir, source)],
    outfile,
    banner: { js: REQUIRE },
    plugins: [libraryIn(library), byName(library, ".ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // It is CommonJS, which a module cannot contain.
    external: ["redis-parser"],
    logLevel: "error",
  });
  await stop();
  return outfile;
}

/**
 * Puts another checkout's library in the place of this one's: what a file in
 * `bench/` imports from outside of it comes from that checkout.
 */
function libraryIn(checkout: string): Plugin {
  const bench = join(projectDir, "bench");
  return {
    name: "library",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.\// }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path);
        const isOwn = isIn(bench, resolveDir) && isIn(projectDir, file) &&
          !isIn(bench, file);
        if (!isOwn) return undefined;
        return { path: join(checkout, relative(projectDir, file)) };
      });
    },
  };
}

function isIn(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory + sep);
}

/** Where and how a worker runs. */
export interface JobSite {
  readonly runtime: RuntimeName;
  /** The bundled worker. */
  readonly worker: string;
  /** A directory on the disk to measure. */
  readonly parent: string;
  /**
   * How long the worker may take before it counts as hanging. A minute by
   * default.
   */
  readonly timeoutMs?: number;
}

/** Runs a worker on `job` with an empty `directory`; returns its answer. */
export function runJob<Answer>(site: JobSite, job: object): Promise<Answer> {
  const { runtime, worker, parent, timeoutMs = 60_000 } = site;
  return withDirectory(parent, async (directory) => {
    const command = commandFor(runtime, worker, { ...job, directory });
    const { output } = await runChild(command, { timeoutMs });
    return JSON.parse(output.trim().split("\n").at(-1)!) as Answer;
  });
}
