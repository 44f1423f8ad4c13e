import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { SyncReport } from "../../writer/flush_stats.ts";
import { assertEquals } from "../kit/assert.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";

test("on() tells of the sync of a flush before it tells of the flush", async () => {
  const { wal, clock, close } = await openWal();
  const events: string[] = [];
  wal.on("sync", ({ durableLsn }) => events.push(`sync ${durableLsn}`));
  wal.on("flush", ({ lastLsn }) => events.push(`flush ${lastLsn}`));
  await clock.run(wal.appendBatch(["a", "b"]));
  await clock.run(wal.append("c"));
  assertEquals(events, ["sync 2", "flush 2", "sync 3", "flush 3"]);
  await close();
});

test("on() tells of a sync alone, with what it covers and its times", async () => {
  const options = { synchronous: "normal", syncIntervalMs: 50 } as const;
  const { wal, clock, close } = await openWal(options);
  const syncs: SyncReport[] = [];
  wal.on("sync", (sync) => syncs.push(sync));
  await clock.run(wal.append("a"));
  await clock.run(wal.append("b"));
  assertEquals(syncs, []);
  await clock.advance(50);
  assertEquals(syncs, [{ durableLsn: 2, startedAt: 50, endedAt: 50 }]);
  assertEquals(wal.stats().latency.syncMs.count, 1);
  await close();
});

test("on() tells of the sync of flushSync() after its flushes", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const events: string[] = [];
  wal.on("sync", ({ durableLsn }) => events.push(`sync ${durableLsn}`));
  wal.on("flush", ({ lastLsn }) => events.push(`flush ${lastLsn}`));
  wal.enqueue("a");
  wal.flushSync();
  assertEquals(events, ["flush 1", "sync 1"]);
  await wal.close();
});
