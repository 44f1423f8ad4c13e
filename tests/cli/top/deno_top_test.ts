/*
 * Goal: another process sees what the owner of a log does. Method: one process
 * appends to a log, and `wal top` runs in another one.
 */
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "../../kit/assert.ts";
import { Child, runChild } from "../../kit/process/child.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const OWNER = `
import { Wal } from "${root}/mod.ts";
const wal = await Wal.open(Deno.args[0], { alerts: { storedBytes: 10 } });
console.log("open");
while (true) {
  await wal.append("a record");
  await new Promise((resolve) => setTimeout(resolve, 5));
}
`;

test("top --once --json tells what a process on Deno does with its log", () =>
  withTempDir(async (scratch) => {
    const dir = `${scratch}/log`;
    await Deno.writeTextFile(`${scratch}/owner.ts`, OWNER);
    const run = [Deno.execPath(), "run", "-A", "--no-check"];
    await using owner = new Child([...run, `${scratch}/owner.ts`, dir]);
    await owner.nextLine();
    const top = [`${root}/cli.ts`, "top", dir, "--once", "--json"];
    const { code, output } = await runChild([...run, ...top]);
    owner.kill("SIGKILL");
    await owner.ended;
    assertEquals(code, 0);
    const seen = JSON.parse(output);
    assertEquals([seen.notes, seen.health.status], [[], "healthy"]);
    assertEquals([seen.pid, seen.lock.pid], [owner.pid, owner.pid]);
    assertEquals(seen.activity.isSinceOpening, false);
    const { recordsPerSecond } = seen.activity;
    assert(recordsPerSecond > 0, output);
    assert(seen.latency.syncMs.p50Ms > 0, output);
    assertEquals(seen.alerts.map((one: { name: string }) => one.name), [
      "storedBytes",
    ]);
  }));
