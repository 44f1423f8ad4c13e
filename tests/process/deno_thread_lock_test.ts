/*
 * Goal: a thread that ended leaves no log locked, and one that lives does, in
 * every runtime. Method: a process opens a log in worker threads and in its
 * main thread, and terminates the workers.
 */
import { assert, assertEquals } from "../kit/assert.ts";
import { Child } from "../kit/process/child.ts";
import { bundleVictim, runtimes } from "../kit/process/runtimes.ts";
import type { Opening, ThreadsReport } from "../kit/process/victims/threads.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

for (const { name, command } of runtimes) {
  test(`Wal.open() opens what a terminated thread of ${name} had open`, () =>
    withTempDir(async (scratch) => {
      const victim = await bundleVictim("threads", scratch);
      await using child = new Child([...command, victim, `${scratch}/log`]);
      const { code, output, errors } = await child.ended;
      assertEquals(code, 0, errors);
      const report: ThreadsReport = JSON.parse(output);
      const isRefused = (opening: Opening) =>
        `${opening}`.includes("has it open");
      assert(isRefused(report.whileOpen), output);
      assert(isRefused(report.byAnother), output);
      assertEquals(report.afterEnd, 2, output);
      assert(isRefused(report.second), output);
      assert(isRefused(report.whileMain), output);
    }));
}
