import { CompactedError } from "../storage/frame_log.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { StorageError } from "../storage/storage_error.ts";
import { Wal } from "../wal.ts";
import { assert, assertEquals, assertRejects } from "./kit/assert.ts";
import { asyncStorage } from "./kit/async_storage.ts";
import { countHandles } from "./kit/count_handles.ts";
import { assertRecord, fillLog } from "./kit/lookup_log.ts";
import { test } from "./kit/register.ts";
import { withTempDir } from "./kit/temp_dir.ts";

/*
 * Goal: whatever happens to the files during a get(), it gives the record that
 * was asked for or says why it does not, and leaves no file open. Method: gets
 * at the same time as appends, checkpoints, closing and faults.
 */

const OPTIONS = { segmentBytes: 200_000, reserveBytes: 0 };
const LAST = 4000;

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
