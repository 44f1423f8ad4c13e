/*
 * Goal: the archived segments alone are the log, whatever became of it. Method:
 * logs in memory that are cut, merged and salvaged; then any workload, held
 * against what was appended.
 */
import fc from "fast-check";
import { assert, assertEquals } from "../kit/assert.ts";
import { ArchivedLog, openArchived } from "../kit/memory_archive.ts";
import { test } from "../kit/register.ts";
import { shareIndex, shareOf } from "../kit/share.ts";

const SECOND = 1000;

test("archive follows a log that is cut back, and restores what is left", async () => {
  const log = await openArchived();
  const { wal, clock, archive } = log;
  await log.append(10);
  await clock.advance(SECOND);
  await clock.run(wal.truncateAfter(5));
  await log.append(4, 1100);
  await clock.advance(SECOND);
  assertEquals(archive.calls, ["1-3", "4-6", "7-9", "6-8"]);
  const restored = await archive.restore();
  assertEquals([restored.firstLsn, restored.lastLsn], [1, 8]);
  assertEquals((await restored.get(5))?.data.length, 1000);
  assertEquals((await restored.get(6))?.data.length, 1100);
  await restored.close();
  assertEquals(await clock.run(wal.truncateBefore(9)), 9);
  await log.close();
});

test("archive hands over again what a cut has changed while the hook ran", async () => {
  for (const cutTo of [0, 2, 3, 4, 6]) {
    const log = await openArchived();
    const { wal, clock, archive } = log;
    let open = () => {};
    archive.gate = new Promise((resolve) => open = resolve);
    await log.append(10);
    await clock.advance(SECOND);
    assertEquals(archive.running, 1);
    await clock.run(wal.truncateAfter(cutTo));
    archive.gate = undefined;
    open();
    await log.append(9, 1001);
    await clock.advance(2 * SECOND);
    const restored = await archive.restore();
    assert(restored.lastLsn >= wal.lastLsn - 3, archive.calls.join());
    for await (const { lsn, data } of restored.read()) {
      assertEquals(data.length, lsn > cutTo ? 1001 : 1000, `record ${lsn}`);
    }
    await restored.close();
    await clock.run(wal.truncateBefore(wal.lastLsn + 1));
    archive.requireDropped(wal.firstLsn);
    await log.close();
  }
});

test("archive receives what a salvage has left of a damaged segment", async () => {
  const log = await openArchived();
  await log.append(7);
  await log.close();
  const [name] = log.storage.list().filter((one) => one.endsWith(".wal"))
    .sort();
  const bytes = log.storage.get(name)!;
  bytes[2000] ^= 1;
  log.storage.put(name, bytes);
  await log.open({ recovery: "salvage" });
  await log.clock.advance(SECOND);
  assertEquals(log.archive.calls, ["1-3", "4-6", "7-7"]);
  const restored = await log.archive.restore();
  const lsns: number[] = [];
  for await (const { lsn } of restored.read()) lsns.push(lsn);
  assertEquals(lsns, [1, 3, 4, 5, 6, 7]);
  await restored.close();
  await log.close();
});

test("archive restores a log whose openings have merged small segments", async () => {
  const log = new ArchivedLog();
  for (let life = 1; life <= 20; life++) {
    await log.open();
    await log.append(1, 50);
    await log.clock.advance(0);
    await log.close();
  }
  assert(log.archive.calls.some((call) => call !== "1-1" && /^1-/.test(call)));
  const restored = await log.archive.restore();
  let lsn = 0;
  for await (const { data } of restored.read()) {
    assertEquals(new TextDecoder().decode(data), `${++lsn}`.padEnd(50, "-"));
  }
  assertEquals(lsn, 19);
  await restored.close();
  assertEquals(log.warnings, []);
});

type Step = "append" | "cut" | "drop" | "reopen" | "die" | "fail" | "wait";

test("archive restores the log as it is, after any workload", async () => {
  const steps = fc.array(
    fc.constantFrom<Step>(
      ...[
        "append",
        "append",
        "append",
        "cut",
        "drop",
        "reopen",
        "reopen",
      ] as const,
      ...["die", "fail", "wait"] as const,
    ),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      let log = await openArchived();
      const texts: string[] = [];
      let nth = 0;
      const add = async () => {
        const text = `${nth++}`.padEnd(900 + nth % 400, "-");
        await log.clock.run(log.wal.append(text));
        texts[log.wal.lastLsn - 1] = text;
      };
      for (const step of steps) {
        const { wal, clock, archive } = log;
        if (step === "append") await add();
        if (step === "wait") await clock.advance(SECOND);
        if (step === "fail") archive.failures = 1;
        if (step === "cut") {
          const lsn = Math.max(wal.firstLsn - 1, wal.lastLsn - 4);
          await clock.run(wal.truncateAfter(lsn));
          texts.length = lsn;
        }
        if (step === "drop") {
          await clock.run(wal.truncateBefore(wal.lastLsn + 1));
        }
        archive.requireDropped(wal.firstLsn);
        if (step !== "reopen" && step !== "die") continue;
        const { storage } = log;
        if (step === "reopen") await log.close();
        log = new ArchivedLog(
          archive,
          step === "die" ? storage.kill() : storage,
        );
        await log.open();
        await log.clock.advance(0);
      }
      // A segment that is sealed after the last cut.
      for (let more = 0; more < 6; more++) await add();
      await log.clock.advance(61 * SECOND);
      const restored = await log.archive.restore();
      assert(restored.lastLsn >= log.wal.lastLsn - 4);
      const decoder = new TextDecoder();
      for await (const { lsn, data } of restored.read()) {
        if (lsn > texts.length) break;
        assertEquals(decoder.decode(data), texts[lsn - 1], `record ${lsn}`);
      }
      await restored.close();
      assertEquals(log.warnings, []);
      await log.close();
    }),
    { numRuns: shareOf(60), seed: shareIndex },
  );
});
