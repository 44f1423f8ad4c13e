import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectDir } from "../../../bench/process/run_job.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { runChild } from "../../kit/process/child.ts";
import { test as register } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** Experiments measure the sources, so the package needs no test of them. */
function test(name: string, body: () => Promise<void>): void {
  if (Deno.env.get("SYNCLINE_INSTALLED") === undefined) register(name, body);
  else console.log(`skipped: ${name}: it measures the sources`);
}

/** Bundles in a child: the bundler's own process outlives the call. */
async function bundleIn(library: string): Promise<string> {
  const job = { library, name: "test_of_bundle.mjs" };
  const code = `import { bundle } from "./bench/process/run_job.ts";
    const source = "peers/contenders/syncline.ts";
    console.log(await bundle(source, ${JSON.stringify(job)}));
    Deno.exit();`;
  const { output } = await runChild([Deno.execPath(), "eval", code]);
  const module = output.trim().split("\n").at(-1)!;
  const bundled = readFileSync(module, "utf8");
  rmSync(module);
  return bundled;
}

test("bundle() takes the library from the other checkout", () =>
  withTempDir(async (checkout) => {
    const text = 'export const Wal = { open: () => "the other checkout" };';
    writeFileSync(join(checkout, "wal.ts"), text);
    for (const library of [checkout, projectDir]) {
      const bundled = await bundleIn(library);
      const isOther = library === checkout;
      assertEquals(bundled.includes("the other checkout"), isOther);
      assertEquals(/\bWal = class\b|class Wal\b/.test(bundled), !isOther);
      assert(bundled.includes("Syncline enqueue"));
    }
  }));
