import { build, stop } from "esbuild";
import { join } from "node:path";
import { benchDir } from "../packages.ts";

/**
 * Makes of a worker's source one module that Node 20 and Deno both run, so that
 * both run the same text. It lies below `bench/`, where it finds its packages.
 */
export async function bundleWorker(source: string): Promise<string> {
  const name = source.replaceAll("/", "_").replace(/\.ts$/, ".mjs");
  const outfile = join(benchDir, ".build", name);
  await build({
    entryPoints: [join(benchDir, source)],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile,
    logLevel: "error",
  });
  await stop();
  return outfile;
}
