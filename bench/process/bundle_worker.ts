import { join } from "node:path";
import { bundleModule } from "../../tests/kit/process/bundle_module.ts";
import { benchDir } from "../packages.ts";

/**
 * Makes of a worker's source one module that Node 20 and Deno both run, so that
 * both run the same text. It lies below `bench/`, where it finds its packages.
 */
export async function bundleWorker(source: string): Promise<string> {
  const name = source.replaceAll("/", "_").replace(/\.ts$/, ".mjs");
  const outfile = join(benchDir, ".build", name);
  return await bundleModule(join(benchDir, source), outfile);
}
