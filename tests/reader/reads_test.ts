import { readdirSync, readlinkSync } from "node:fs";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { LogClosedError } from "../../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import { asyncStorage } from "../kit/async_storage.ts";
import { canReadProc } from "../kit/can_read_proc.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

/** A log of three segments, so that a read has one open and more to come. */
async function fill(wal: Wal): Promise<void> {
  const record = new Uint8Array(3000);
  for (let count = 0; count < 3; count++) await wal.append(record);
}

async function opened(): Promise<Wal> {
  const wal = await Wal.open(new MemoryStorage(), { segmentBytes: 4096 });
  await fill(wal);
  return wal;
}

const refused = (call: () => Promise<unknown>) =>
  assertRejects(call, LogClosedError, "Cannot read because the log is closed");

/** Descriptors of this process that lead into `directory`. */
function descriptorsIn(directory: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return []; // the one that lists them
    }
  });
}

test("close() leaves no file open for reads that were left", async () => {
  if (!canReadProc()) return;
  await withTempDir(async (dir) => {
    const wal = await Wal.open(dir, { segmentBytes: 4096 });
    await fill(wal);
    for (let count = 0; count < 20; count++) {
      for (const reading of [wal.read(), wal.readBatches()]) {
        // The first record is looked up; from then on a file is open.
        await reading.next();
        await reading.next();
      }
    }
    assert(descriptorsIn(dir).length >= 40);
    await wal.close();
    assertEquals(descriptorsIn(dir), []);
  });
});

test("close() ends reads with an error, not as if all had been read", async () => {
  const wal = await opened();
  const records = wal.read();
  const batches = wal.readBatches();
  assertEquals((await records.next()).value?.lsn, 1);
  assertEquals((await batches.next()).value?.firstLsn, 1);
  await wal.close();
  for (let times = 0; times < 2; times++) {
    await refused(() => records.next());
    await refused(() => batches.next());
  }
});

test("close() ends a read that has records of a frame left", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.appendBatch(["a", "b", "c"]);
  const records = wal.read();
  await records.next();
  const closing = wal.close();
  await refused(() => records.next());
  await closing;
});

test("close() leaves a read as it is that had ended before", async () => {
  const wal = await opened();
  const records = wal.read();
  for await (const _ of records);
  const left = wal.read();
  for await (const _ of left) break;
  await wal.close();
  assertEquals(await records.next(), { done: true, value: undefined });
  assertEquals(await left.next(), { done: true, value: undefined });
});

test("close() lets return() of a read resolve", async () => {
  const wal = await opened();
  const records = wal.read();
  await records.next();
  await wal.close();
  const { done } = await records.return(undefined);
  assertEquals(done, true);
});

test("close() waits for a read's call that is under way", async () => {
  for (let ticks = 0; ticks < 40; ticks++) {
    const memory = new MemoryStorage();
    const wal = await Wal.open(asyncStorage(memory), { segmentBytes: 4096 });
    await fill(wal);
    const reads = [wal.read(), wal.readBatches()];
    const calls = reads.flatMap((read) => [read.next(), read.next()]);
    const settled = Promise.allSettled(calls);
    for (let tick = 0; tick < ticks; tick++) await null;
    await wal.close();
    for (const outcome of await settled) {
      if (outcome.status === "fulfilled") assert(!outcome.value.done);
      else assert(outcome.reason instanceof LogClosedError);
    }
    for (const read of reads) await refused(() => read.next());
  }
});

test("close() waits for what takes more than a read, and ends it", async () => {
  for (let turns = 0; turns < 40; turns++) {
    const memory = new MemoryStorage();
    const wal = await Wal.open(asyncStorage(memory), { segmentBytes: 4096 });
    await fill(wal);
    const iterators = [
      ...[wal.read({ reverse: true }), wal.read({ since: 0 })],
      ...[wal.follow(), wal.followBatches()],
    ];
    const calls = Promise.allSettled([
      ...iterators.map((iterator) => iterator.next()),
      ...[wal.last(2), wal.lsnAt(0), wal.get(2)],
    ]);
    for (let turn = 0; turn < turns; turn++) await anotherTurn();
    await wal.close();
    const outcomes = await Promise.race([calls, anotherTurn()]);
    assert(outcomes !== undefined, "a call outlives the log");
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      assert(outcome.reason instanceof LogClosedError, `${outcome.reason}`);
    }
    for (const iterator of iterators) {
      await iterator.next().catch((error) => {
        assert(error instanceof LogClosedError, `${error}`);
      });
    }
  }
});

test("close() in a loop that reads ends the loop with an error", async () => {
  const wal = await opened();
  const lsns: number[] = [];
  await refused(async () => {
    for await (const { lsn } of wal.read()) {
      lsns.push(lsn);
      await wal.close();
    }
  });
  assertEquals(lsns, [1]);
});

test("a loop that is left closes its file at once", async () => {
  if (!canReadProc()) return;
  await withTempDir(async (dir) => {
    await using wal = await Wal.open(dir, { segmentBytes: 4096 });
    await fill(wal);
    await wal.get(1); // A file for lookups stays open.
    const before = descriptorsIn(dir).length;
    for await (const _ of wal.read()) break;
    for await (const _ of wal.readBatches()) break;
    for await (const { lsn } of wal.read()) if (lsn === 2) break;
    for await (const { firstLsn } of wal.readBatches()) {
      if (firstLsn === 2) break;
    }
    assertEquals(descriptorsIn(dir).length, before);
  });
});
