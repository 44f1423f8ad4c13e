import { ObservedLog } from "../../reader/observed_log.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("ObservedLog notices a new owner that has gone beyond the former", async () => {
  let act: (() => Promise<void>) | undefined;
  const storage = new MemoryStorage({
    onCall({ operation, file }) {
      const isManifest = operation === "rename" && file.includes("manifest");
      if (!isManifest || act === undefined) return;
      const after = act();
      act = undefined;
      return { after };
    },
  });
  const options = { synchronous: "off", warn() {} } as const;
  const first = await Wal.open(storage, options);
  await first.append("one");
  const log = await ObservedLog.open(storage, "os");
  // The next owner has scanned the log, and not yet said where it ended.
  act = async () => {
    await first.append("late").catch(() => {});
    await log.refresh();
    assertEquals([log.writtenLsn, log.cuts], [2, 0]);
  };
  const second = await Wal.open(storage, { takeOver: true, ...options });
  for (const text of ["two", "three"]) await second.append(text);
  await log.refresh();
  assertEquals([log.writtenLsn, log.cuts, log.lowestSince(0)], [3, 1, 1]);
  await second.close();
  await first.close().catch(() => {});
  await log.close();
});

test("ObservedLog wakes those who wait, until they are gone", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  const log = await ObservedLog.open(storage, "os");
  let wakes = 0;
  const wake = () => wakes++;
  const stops = [log.onAdvance(wake), log.onAdvance(wake)];
  await wal.append("one");
  await log.refresh();
  assertEquals([log.writtenLsn, wakes >= 2], [1, true]);
  for (const stop of stops) stop();
  const before = wakes;
  await wal.append("two");
  await log.refresh();
  assertEquals(wakes, before);
  await wal.close();
  await log.close();
});
