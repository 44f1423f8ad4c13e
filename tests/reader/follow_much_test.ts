import { readdirSync, readlinkSync } from "node:fs";
import "../../reader/on_demand.ts"; // So that followers begin at once.
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { canReadProc } from "../kit/can_read_proc.ts";
import { fillLog } from "../kit/lookup_log.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

test("a million records pass through one follower, once and in order", async () => {
  const wal = await Wal.open(new MemoryStorage(), { synchronous: "off" });
  const count = 1_000_000;
  let next = 1;
  const following = (async () => {
    for await (const { lsn, data } of wal.follow({ level: "os" })) {
      if (lsn !== next++ || data.length !== lsn % 7) throw new Error(`${lsn}`);
    }
  })();
  const bytes = new Uint8Array(7);
  for (let lsn = 1; lsn <= count; lsn++) {
    wal.enqueue(bytes.subarray(0, lsn % 7));
    if (lsn % 1000 > 0) continue;
    await wal.settled(lsn);
    if (lsn % 50_000 === 0) await wal.truncateBefore(Math.min(next, lsn));
  }
  while (next <= count) await anotherTurn();
  await wal.close();
  await following;
  assertEquals(next, count + 1);
});

/** Descriptors of this process that lead into `directory`. */
function descriptorsIn(directory: string): number {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(directory);
    } catch {
      return false; // the one that lists them
    }
  }).length;
}

test("followers that are left, waiting or midway, keep no file open after close", async () => {
  if (!canReadProc()) return;
  await withTempDir(async (dir) => {
    const wal = await Wal.open(dir, { segmentBytes: 4096 });
    await fillLog(wal, 1, 400, 1);
    await wal.flush();
    const before = descriptorsIn(dir);
    for (let count = 0; count < 10; count++) {
      for (const follower of [wal.follow(), wal.followBatches()]) {
        for (let call = 0; call < 100; call++) await follower.next();
      }
      wal.follow({ from: 401 }).next().catch(() => {});
    }
    assert(descriptorsIn(dir) >= before + 20);
    await wal.close();
    assertEquals(descriptorsIn(dir), 0);
  });
});

test("a follower that is left or ends closes its file at once", async () => {
  if (!canReadProc()) return;
  await withTempDir(async (dir) => {
    const wal = await Wal.open(dir, { segmentBytes: 4096 });
    await fillLog(wal, 1, 400, 1);
    await wal.flush();
    await wal.get(1); // A file for lookups stays open.
    const before = descriptorsIn(dir);
    for await (const { lsn } of wal.follow()) if (lsn === 100) break;
    for await (const { lsn } of wal.follow()) if (lsn === 400) break;
    const stream = wal.follow().toReadable();
    for await (const { lsn } of stream) if (lsn === 100) break;
    assertEquals(descriptorsIn(dir), before);
    await wal.close();
  });
});

test("a follower keeps memory neither of what it has shown nor of what it has not", async () => {
  const wal = await Wal.open(new MemoryStorage(), { segmentBytes: 1e6 });
  const follower = wal.followBatches();
  const refs: WeakRef<ArrayBufferLike>[] = [];
  for (let count = 0; count < 200; count++) {
    const next = follower.next();
    await wal.append(new Uint8Array(50_000));
    refs.push(new WeakRef((await next).value!.records.at(0)!.buffer));
  }
  await anotherTurn();
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const kept = refs.filter((ref) => ref.deref() !== undefined).length;
  // The shared tail keeps 1 MiB: twenty of these.
  if (gc !== undefined) assert(kept <= 24, `${kept}`);
  await wal.close();
});
