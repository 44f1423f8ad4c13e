import { build, stop } from "esbuild";

/** Makes of a source one module that Node 20, Deno and Bun can all run. */
export async function bundleModule(
  source: string,
  outfile: string,
): Promise<string> {
  await build({
    entryPoints: [source],
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
