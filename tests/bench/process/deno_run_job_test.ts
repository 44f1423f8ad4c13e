import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, projectDir } from "../../../bench/process/run_job.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test as register } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** Experiments measure the sources, so the package needs no test of them. */
function test(name: string, body: () => Promise<void>): void {
  if (Deno.env.get("SYNCLINE_INSTALLED") === undefined) register(name, body);
  else console.log(`skipped: ${name}: it measures the sources`);
}

test("bundle() takes the library from the other checkout", () =>
  withTempDir(async (checkout) => {
    const text = 'export const Wal = { open: () => "the other checkout" };';
    writeFileSync(join(checkout, "wal.ts"), text);
    const source = "peers/contenders/syncline.ts";
    for (const library of [checkout, projectDir]) {
      const name = "test_of_bundle.mjs";
      const module = await bundle(source, { library, name });
      const bundled = readFileSync(module, "utf8");
      rmSync(module);
      const isOther = library === checkout;
      assertEquals(bundled.includes("the other checkout"), isOther);
      assertEquals(/\bWal = class\b|class Wal\b/.test(bundled), !isOther);
      assert(bundled.includes("Syncline enqueue"));
    }
  }));
