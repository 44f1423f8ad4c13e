import { assertEquals } from "../../kit/assert.ts";
import { namedPolicies } from "../../kit/named_policies.ts";
import { runChild } from "../../kit/process/child.ts";
import { bundleVictim, runtimes } from "../../kit/process/runtimes.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/*
 * Goal: the same seed makes the same exploration, byte by byte, in every run
 * and on every runtime. Method: each runtime prints what it saw.
 */

test("explore() sees the same on Deno, Node and Bun, time after time", () =>
  withTempDir(async (scratch) => {
    const explorer = await bundleVictim("explorer", scratch);
    const names = Object.keys(namedPolicies);
    const outputs: string[] = [];
    for (const { command } of [...runtimes, runtimes[0]]) {
      const all = [...command, explorer, ...names];
      // Each explores for 12 s of CPU time, and other tests run meanwhile.
      const { output } = await runChild(all, { timeoutMs: 120_000 });
      outputs.push(output);
    }
    const lines = outputs[0].trim().split("\n");
    assertEquals(lines.length, names.length);
    for (const output of outputs) assertEquals(output, outputs[0]);
  }));
