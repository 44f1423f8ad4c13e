/*
 * Goal: a checkpoint is exact and survives whatever happens to it. Method:
 * every LSN of a log of several segments, transient errors at every call, and
 * reads that are overtaken.
 */
import { LogExistsError } from "../../storage/log_exists_error.ts";
import { CompactedError } from "../../storage/frame_log.ts";
import type { StorageCall } from "../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const OPTIONS: WalOptions = { segmentBytes: 4096, warn() {} };
const LAST = 12;

async function lsnsOf(wal: Wal): Promise<number[]> {
  const lsns: number[] = [];
  for await (const { lsn } of wal.read()) lsns.push(lsn);
  return lsns;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function makeLog(storage: MemoryStorage): Promise<Wal> {
  const wal = await Wal.open(storage, OPTIONS);
  for (let lsn = 1; lsn <= LAST; lsn++) await wal.append(new Uint8Array(1500));
  return wal;
}

for (const how of ["closed", "killed", "crashed"] as const) {
  test(`Wal.truncateBefore() is exact at every LSN, even in a log that was ${how}`, async () => {
    for (let lsn = 1; lsn <= LAST + 1; lsn++) {
      const storage = new MemoryStorage();
      const wal = await makeLog(storage);
      await wal.truncateBefore(lsn);
      assertEquals(await lsnsOf(wal), range(lsn, LAST));
      if (lsn > 1) {
        const error = await assertRejects(
          () => wal.read({ from: lsn - 1 }).next(),
          CompactedError,
        );
        assertEquals([error.lsn, error.firstLsn], [lsn - 1, lsn]);
      }
      if (how === "closed") await wal.close();
      const left = how === "crashed" ? storage.crash(() => 0) : storage.kill();
      if (how !== "closed") await wal.close();
      for (let life = 0; life < 3; life++) {
        const again = await Wal.open(left, OPTIONS);
        assertEquals(await lsnsOf(again), range(lsn, LAST + life));
        // Dropping less than was dropped before changes nothing.
        await again.truncateBefore(1);
        assertEquals(await again.append("x"), LAST + life + 1);
        await again.close();
      }
    }
  });
}

test("Wal.truncateBefore() drops the files of what it drops", async () => {
  const storage = new MemoryStorage();
  const wal = await makeLog(storage);
  await wal.truncateBefore(LAST + 1);
  await wal.close();
  const files = storage.list().filter((name) => name.endsWith(".wal"));
  assertEquals(files, []);
  const again = await Wal.open(storage, OPTIONS);
  assertEquals(await again.flush(), LAST);
  assertEquals(await again.append("x"), LAST + 1);
  await again.close();
});

test("Wal.truncateBefore() and read() continue after an error at any call", async () => {
  for (const error of ["EMFILE", "EIO"]) {
    for (let at = 0;; at++) {
      let calls = -Infinity;
      const onCall = ({ operation }: StorageCall) => {
        if (calls++ !== at) return;
        // A write or sync that fails is another matter.
        return ["write", "datasync"].includes(operation)
          ? undefined
          : { error };
      };
      const storage = new MemoryStorage({ onCall });
      const wal = await makeLog(storage);
      calls = 0;
      await wal.truncateBefore(9).catch((failure) => {
        assertEquals(failure.code, error);
      });
      const isOver = calls < at;
      calls = -Infinity;
      const found = await lsnsOf(wal);
      assert([1, 9].includes(found[0]), `begins with ${found[0]}`);
      assertEquals(found, range(found[0], LAST));
      await wal.truncateBefore(9);
      assertEquals(await lsnsOf(wal), range(9, LAST));
      assertEquals(await wal.append("x"), LAST + 1);
      await wal.close();
      const again = await Wal.open(storage, OPTIONS);
      assertEquals(await lsnsOf(again), range(9, LAST + 1));
      await again.close();
      if (isOver) break;
    }
  }
});

test("Wal.read() that is overtaken by a checkpoint throws CompactedError", async () => {
  for (let read = 1; read < 9; read++) {
    const wal = await makeLog(new MemoryStorage());
    const batches = wal.readBatches();
    for (let nth = 1; nth <= read; nth++) await batches.next();
    await wal.truncateBefore(10);
    // In the meantime segments are reused.
    for (let nth = 0; nth < 12; nth++) await wal.append(new Uint8Array(1500));
    const error = await assertRejects(() => batches.next(), CompactedError);
    assertEquals(error.firstLsn, 10);
    await wal.close();
  }
});

test("Wal.read() ahead of a checkpoint continues", async () => {
  const wal = await makeLog(new MemoryStorage());
  const batches = wal.readBatches({ from: 6 });
  await batches.next();
  await wal.truncateBefore(7);
  let next = 7;
  for await (const { firstLsn } of batches) assertEquals(firstLsn, next++);
  assertEquals(next, LAST + 1);
  await wal.close();
});

test("Wal.open() begins a log at firstLsn", async () => {
  const storage = new MemoryStorage();
  for (let nth = 0; nth < 3; nth++) {
    // It may be tried again as long as nothing was appended.
    const wal = await Wal.open(storage, { ...OPTIONS, firstLsn: 1000 });
    assertEquals(await wal.flush(), 999);
    await assertRejects(() => wal.read({ from: 999 }).next(), CompactedError);
    await wal.close();
  }
  const wal = await Wal.open(storage, OPTIONS);
  assertEquals(await wal.append("x"), 1000);
  await wal.close();
  const before = storage.list();
  const error = await assertRejects(
    () => Wal.open(storage, { ...OPTIONS, firstLsn: 1000 }),
    LogExistsError,
  );
  assertEquals(error.firstLsn, 1000);
  assertEquals(storage.list(), before);
  const again = await Wal.open(storage, OPTIONS);
  assertEquals(await lsnsOf(again), [1000]);
  await again.close();
});

test("Wal notes when records were written, and that time never falls", async () => {
  const storage = new MemoryStorage();
  const times: number[] = [];
  for (const [at, skew] of [[1000, 0], [50, 0], [3000, -2500], [10, 0]]) {
    const clock = new VirtualClock();
    const wal = await clock.run(Wal.open(storage, { clock, ...OPTIONS }));
    await clock.advance(at);
    clock.skew(skew);
    for (let nth = 0; nth < 3; nth++) await clock.run(wal.append("x"));
    times.length = 0;
    for await (const { time } of wal.readBatches()) times.push(time!);
    await clock.run(wal.close());
  }
  const want = [...new Array(9).fill(1000), ...new Array(3).fill(1000)];
  assertEquals(times.length, want.length);
  assertEquals(times[0], 1000);
  assertEquals(times, times.toSorted((a, b) => a - b));
});
