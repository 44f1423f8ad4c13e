import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { parseSegmentName } from "../storage/format/file_names.ts";
import { CompactedError } from "../storage/frame_log.ts";
import { StorageError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import { assert, assertEquals, assertRejects } from "./kit/assert.ts";
import { asyncStorage } from "./kit/async_storage.ts";
import { countHandles } from "./kit/count_handles.ts";
import { damaged, spoil } from "./kit/damaged_log.ts";
import {
  assertFound,
  assertRecord,
  edgesOf,
  fillLog,
} from "./kit/lookup_log.ts";
import { test } from "./kit/register.ts";
import { recordOf } from "./kit/small_log.ts";
import { withTempDir } from "./kit/temp_dir.ts";

/*
 * Goal: get() and reads find the record that was asked for, wherever it is and
 * whatever happens meanwhile. Method: logs of several segments with indexes of
 * several entries, whose records say their LSN.
 */

const OPTIONS = { segmentBytes: 200_000, reserveBytes: 0 };
const LAST = 4000;

/** Changes a bit of a record, in a log of frames of one record each. */
function spoilRecord(storage: MemoryStorage, lsn: number): void {
  const segment = storage.list().flatMap((name) => parseSegmentName(name) ?? [])
    .sort((a, b) => a.firstLsn - b.firstLsn)
    .findLast(({ firstLsn }) => firstLsn <= lsn)!;
  const bytes = storage.get(segment.name)!;
  bytes[64 + (lsn - segment.firstLsn) * 152 + 60] ^= 1;
  storage.put(segment.name, bytes);
}

for (const count of [1, 7, 64, 1500]) {
  test(`Wal.get() finds each record while the log is written, closed and opened: ${count} in a frame`, async () => {
    const storage = new MemoryStorage();
    const wal = await Wal.open(storage, OPTIONS);
    await fillLog(wal, 1, LAST, count);
    const edges = await edgesOf(storage, LAST);
    assert(edges.length > 5);
    await assertFound(wal, edges);
    // Backwards, so that each segment is looked at again after others.
    await assertFound(wal, edges.toReversed());
    const killed = storage.kill();
    const crashed = storage.crash((most) => most - 1);
    await wal.close();
    for (const survivor of [storage, killed, crashed]) {
      await using reopened = await Wal.open(survivor, OPTIONS);
      const last = await reopened.flush();
      assert(last > LAST / 2);
      const found = await edgesOf(survivor, last);
      await assertFound(reopened, found);
      await assertFound(reopened, edges.filter((lsn) => lsn <= last));
      await fillLog(reopened, last + 1, last + 10, count);
      await assertFound(reopened, [last, last + 1, last + 10]);
    }
  });
}

test("Wal.get() finds every record of unsealed segments", async () => {
  const storage = new MemoryStorage();
  let killed = storage;
  for (let life = 0; life < 3; life++) {
    const wal = await Wal.open(killed, { ...OPTIONS, warn() {} });
    await fillLog(wal, life * 600 + 1, life * 600 + 600, 3);
    await wal.flush();
    killed = killed.kill();
  }
  await using wal = await Wal.open(killed, { ...OPTIONS, warn() {} });
  for (let lsn = 1; lsn <= 1800; lsn++) assertRecord(await wal.get(lsn), lsn);
});

test("Wal.get() refuses what is not there, in the words of read()", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await fillLog(wal, 1, 9, 3);
  await wal.truncateBefore(4);
  for (const lsn of [10, 0, -1, 4.5, NaN, Infinity]) {
    const error = await assertRejects(() => wal.get(lsn), RangeError);
    assertEquals(
      error.message,
      "Cannot read a record because its LSN must be an integer from 4 to 9: " +
        `received ${lsn}`,
    );
  }
  await assertRejects(() => wal.get("5" as unknown as number), TypeError);
  await assertRejects(
    () => wal.get(3),
    CompactedError,
    "Cannot read record 3 because it was dropped by a checkpoint: the oldest " +
      "record kept is 4",
  );
  await assertFound(wal, [4, 5, 9]);
  await wal.close();
  await assertRejects(
    () => wal.get(5),
    LogClosedError,
    "Cannot read because the log is closed",
  );
});

test("Wal.get() gives undefined for a record that a salvage gave up", async () => {
  const storage = await damaged((log, put) => {
    put(0, spoil(log, 0, 1));
    put(1);
  });
  const recovery = "salvage";
  await using wal = await Wal.open(storage, { recovery, warn() {} });
  for (let lsn = 1; lsn <= 12; lsn++) {
    const record = await wal.get(lsn);
    const isLost = lsn === 2 || lsn === 3 || lsn >= 5 && lsn <= 8;
    const text = record && new TextDecoder().decode(record.data);
    assertEquals(text, isLost ? undefined : recordOf(lsn), `${lsn}`);
  }
});

test("Wal.get() says that a record is damaged, and finds the others", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, OPTIONS);
  await fillLog(wal, 1, LAST, 1);
  await wal.close();
  const lsn = 700;
  spoilRecord(storage, lsn);
  await using reopened = await Wal.open(storage, OPTIONS);
  for (let times = 0; times < 2; times++) {
    const error = await assertRejects(() => reopened.get(lsn));
    assertEquals((error as Error).name, "CorruptLogError");
    for (const other of [lsn - 1, lsn + 1, lsn + 300, LAST]) {
      assertRecord(await reopened.get(other), other);
    }
  }
});

test("Wal.get() gives memory of its own, for a small record of a large frame", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  await fillLog(wal, 1, 64, 64);
  const { data } = (await wal.get(5))!;
  assertEquals(data.buffer.byteLength, data.length);
  data.fill(0);
  assertRecord(await wal.get(5), 5);
});

for (const isAsync of [false, true]) {
  const kind = isAsync ? "with promises" : "at once";
  test(`Wal.get() can be called 1000 times at once on a storage that answers ${kind}`, async () => {
    const memory = new MemoryStorage();
    const wal = await Wal.open(memory, OPTIONS);
    await fillLog(wal, 1, LAST, 5);
    await wal.close();
    const [counted, handles] = countHandles(memory);
    const storage = isAsync ? asyncStorage(counted) : counted;
    const reopened = await Wal.open(storage, OPTIONS);
    const before = handles.open.length;
    handles.most = 0;
    const lsns = Array.from(
      { length: 1000 },
      (_, index) => 1 + index * 1237 % LAST,
    );
    const found = await Promise.all(lsns.map((lsn) => reopened.get(lsn)));
    for (const [index, lsn] of lsns.entries()) assertRecord(found[index], lsn);
    assert(handles.most - before <= 64, `${handles.most} open files`);
    await reopened.close();
    assertEquals(handles.open, []);
  });
}

test("Wal.get() keeps 64 files open at most, and closes those of dropped segments", async () => {
  const memory = new MemoryStorage();
  const [storage, handles] = countHandles(memory);
  const options = { segmentBytes: 4096, reserveBytes: 0 };
  const wal = await Wal.open(storage, options);
  await fillLog(wal, 1, LAST, 1);
  const before = handles.open.length;
  for (let lsn = 1; lsn <= LAST; lsn += 9) {
    assertRecord(await wal.get(lsn), lsn);
  }
  assert(handles.open.length - before <= 64, `${handles.open.length}`);
  await wal.truncateBefore(LAST - 100);
  const kept = new Set(memory.list());
  assertEquals(handles.open.filter((name) => !kept.has(name)), []);
  for (let lsn = LAST - 100; lsn <= LAST; lsn++) {
    assertRecord(await wal.get(lsn), lsn);
  }
  await wal.close();
  assertEquals(handles.open, []);
});

test("Wal.get() finds the record or says that it was dropped, while segments are reused", async () => {
  const memory = new MemoryStorage();
  const [counted, handles] = countHandles(memory);
  const wal = await Wal.open(asyncStorage(counted), {
    ...{ segmentBytes: 20_000, reserveBytes: 0 },
  });
  let [first, last, isDone] = [1, 0, false];
  async function write(): Promise<void> {
    while (last < 6000) {
      await fillLog(wal, last + 1, last + 60, 20);
      last += 60;
      if (last % 300 === 0) {
        first = last - 200;
        await wal.truncateBefore(first);
      }
    }
    isDone = true;
  }
  const outcomes = { found: 0, dropped: 0 };
  async function get(seed: number): Promise<void> {
    for (let turn = seed; !isDone; turn = turn * 48271 % 65521) {
      if (last === 0) {
        await wal.flush();
        continue;
      }
      const lsn = first + turn % (last - first + 1);
      try {
        assertRecord(await wal.get(lsn), lsn);
        outcomes.found++;
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        outcomes.dropped++;
      }
    }
  }
  await Promise.all([write(), ...[1, 2, 3, 4, 5, 6].map(get)]);
  assert(outcomes.found > 100, JSON.stringify(outcomes));
  await wal.close();
  assertEquals(handles.open, []);
});

test("Wal.get() says that a record was dropped during the call", async () => {
  let held: Promise<void> | undefined;
  const storage = new MemoryStorage({
    onCall: ({ operation }) => operation === "read" ? { after: held } : {},
  });
  const wal = await Wal.open(storage, OPTIONS);
  await fillLog(wal, 1, 3000, 10);
  for (const [lsn, first] of [[100, 101], [500, 2000], [2400, 3001]]) {
    assertRecord(await wal.get(lsn + 11), lsn + 11);
    let release = () => {};
    held = new Promise((resolve) => release = resolve);
    const getting = Promise.allSettled([wal.get(lsn), wal.get(3000)]);
    held = undefined;
    await wal.truncateBefore(first);
    release();
    const [dropped, last] = await getting;
    assert(dropped.status === "rejected");
    assert(dropped.reason instanceof CompactedError);
    assertEquals([dropped.reason.lsn, dropped.reason.firstLsn], [lsn, first]);
    assertEquals(last.status, first > 3000 ? "rejected" : "fulfilled");
  }
  await wal.close();
});

test("Wal.get() in progress when the log closes ends, and leaves no file open", async () => {
  const memory = new MemoryStorage();
  const [counted, handles] = countHandles(memory);
  const wal = await Wal.open(asyncStorage(counted), OPTIONS);
  await fillLog(wal, 1, LAST, 10);
  const lsns = Array.from({ length: 200 }, (_, index) => 1 + index * 19);
  const getting = Promise.allSettled(lsns.map((lsn) => wal.get(lsn)));
  await wal.close();
  assertEquals(handles.open, []);
  for (const [index, settled] of (await getting).entries()) {
    assertEquals(settled.status, "fulfilled");
    if (settled.status === "fulfilled") {
      assertRecord(settled.value, lsns[index]);
    }
  }
});

test("Wal.get() passes on an error of any read, and finds the record afterwards", async () => {
  let [left, failed] = [Infinity, 0];
  const memory = new MemoryStorage({
    onCall({ operation }) {
      if (operation !== "read" || --left !== 0) return;
      failed++;
      return { error: "EIO" };
    },
  });
  const first = await Wal.open(memory, OPTIONS);
  await fillLog(first, 1, LAST, 5);
  await first.close();
  for (let nth = 1;; nth++) {
    const [storage, handles] = countHandles(memory);
    const wal = await Wal.open(storage, OPTIONS);
    [left, failed] = [nth, 0];
    const lsn = 1000;
    const getting = wal.get(lsn);
    // A look at the next segment may fail: then its seal is not believed.
    const record = await getting.catch((error) => {
      assert(error instanceof StorageError);
      assertEquals(error.code, "EIO");
    });
    if (record !== undefined) assertRecord(record, lsn);
    left = Infinity;
    assertRecord(await wal.get(lsn), lsn);
    await wal.close();
    assertEquals(handles.open, []);
    if (failed === 0) break;
    assert(nth < 50);
  }
});

test("Wal.get() and read() find records of a log that was repaired, whose index is not true", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, OPTIONS);
  await fillLog(wal, 1, LAST, 1);
  await wal.close();
  for (const lsn of [100, 101, 102]) spoilRecord(storage, lsn);
  const recovery = "salvage";
  await using repaired = await Wal.open(storage, {
    ...OPTIONS,
    ...{ recovery, warn() {} },
  });
  for (let lsn = 2; lsn <= LAST; lsn += 13) {
    assertRecord(await repaired.get(lsn), lsn);
  }
  for (const lsn of [100, 101, 102]) {
    assertEquals(await repaired.get(lsn), undefined);
  }
  await assertFound(repaired, [97, 103, 500, LAST]);
});

test("Wal.get() reads a record of a log that is not made of segments", async () => {
  const { FakeFrameLog } = await import("./kit/fake_frame_log.ts");
  await using wal = await Wal.open(new FakeFrameLog());
  await fillLog(wal, 1, 9, 3);
  for (let lsn = 1; lsn <= 9; lsn++) assertRecord(await wal.get(lsn), lsn);
});

test("Wal.read() reads little to begin anywhere, in sealed and unsealed segments", async () => {
  const read = { bytes: 0 };
  const memory = new MemoryStorage({
    onCall({ operation, bytes }) {
      if (operation === "read") read.bytes += bytes;
    },
  });
  const wal = await Wal.open(memory, {
    segmentBytes: 2 ** 20,
    reserveBytes: 0,
  });
  await fillLog(wal, 1, 20_000, 8);
  const last = memory.list().filter((name) => parseSegmentName(name)).at(-1)!;
  assert(memory.get(last)!.length > 200_000);
  for (const lsn of [5000, 9000, 15_000, 19_990, 20_000]) {
    await wal.get(lsn); // The index of its segment is in memory now.
    for (
      const call of [
        () => wal.get(lsn - 300),
        () => wal.read({ from: lsn - 200 }).next(),
        () => wal.readBatches({ from: lsn - 100, to: lsn }).next(),
      ]
    ) {
      read.bytes = 0;
      await call();
      assert(read.bytes <= 50_000, `${read.bytes} bytes for ${lsn}`);
    }
  }
  await wal.close();
});

test("Wal.get() yields no record of a file that was dropped and written over", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { segmentBytes: 4096, reserveBytes: 0 });
  await fillLog(wal, 1, 100, 1);
  assertRecord(await wal.get(3), 3);
  await wal.truncateBefore(90);
  await fillLog(wal, 101, 400, 1);
  for (const lsn of [1, 3, 80]) {
    await assertRejects(() => wal.get(lsn), CompactedError);
  }
  for (let lsn = 90; lsn <= 400; lsn++) assertRecord(await wal.get(lsn), lsn);
  await wal.close();
});

test("Wal.get() finds records in files, and leaves none open", () =>
  withTempDir(async (directory) => {
    const wal = await Wal.open(directory, OPTIONS);
    await fillLog(wal, 1, LAST, 3);
    for (let lsn = 1; lsn <= LAST; lsn += 7) {
      assertRecord(await wal.get(lsn), lsn);
    }
    await wal.close();
    await using reopened = await Wal.open(directory, OPTIONS);
    const lsns = Array.from({ length: LAST }, (_, index) => index + 1);
    const found = await Promise.all(lsns.map((lsn) => reopened.get(lsn)));
    for (const lsn of lsns) assertRecord(found[lsn - 1], lsn);
  }));
