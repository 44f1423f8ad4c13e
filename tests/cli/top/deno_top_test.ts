/*
 * Goal: `wal top` sees what the owner of a log does, whatever runtimes the two
 * processes are on. Method: one process appends to a log, and the tool runs in
 * another one.
 */
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../../kit/assert.ts";
import { bundleModule } from "../../kit/process/bundle_module.ts";
import { Child, runChild } from "../../kit/process/child.ts";
import { bundleVictim, runtimes } from "../../kit/process/runtimes.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

const cli = fileURLToPath(new URL("../../../cli.ts", import.meta.url));

test("top --once --json tells what a process on another runtime does with its log", () =>
  withTempDir(async (scratch) => {
    const victim = await bundleVictim("busy_owner", scratch);
    const tool = await bundleModule(cli, `${scratch}/cli.mjs`);
    await Promise.all(runtimes.map(async ({ name, command }, index) => {
      const dir = `${scratch}/${name}`;
      await using owner = new Child([...command, victim, dir]);
      assertEquals(await owner.nextLine(), "open");
      const { command: other } = runtimes[(index + 1) % runtimes.length];
      const { output } = await runChild([
        ...[...other, tool, "top", dir, "--once", "--json"],
      ]);
      const seen = JSON.parse(output);
      assertEquals([seen.notes, seen.health.status], [[], "healthy"], name);
      assertEquals([seen.pid, seen.lock.pid], [owner.pid, owner.pid], name);
      const { isSinceOpening, recordsPerSecond } = seen.activity;
      assertEquals(isSinceOpening, false, name);
      assert(recordsPerSecond > 0 && seen.latency.syncMs.p50Ms > 0, output);
      const alerts = seen.alerts.map((one: { name: string }) => one.name);
      assertEquals(alerts, ["storedBytes"], name);
    }));
  }));
