import {
  parseSegmentName,
  type SegmentName,
} from "../../../storage/format/file_names.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { readManifest } from "../../../storage/segments/log_files.ts";
import { ReaderPool } from "../../../storage/segments/reader_pool.ts";
import type { SegmentReader } from "../../../storage/segments/segment_reader.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { countHandles, type Handles } from "../../kit/count_handles.ts";
import { test } from "../../kit/register.ts";

interface TestPool {
  pool: ReaderPool;
  segments: SegmentName[];
  handles: Handles;
  memory: MemoryStorage;
  /** LSN of the oldest record kept. */
  first: { lsn: number };
}

/** A pool of a log with several segments, which has at most two files open. */
async function makePool(): Promise<TestPool> {
  const memory = new MemoryStorage();
  const wal = await Wal.open(memory, { segmentBytes: 4096, reserveBytes: 0 });
  for (let lsn = 1; lsn <= 5; lsn++) await wal.append(new Uint8Array(3000));
  await wal.close();
  const segments = memory.list().sort()
    .flatMap((name) => parseSegmentName(name) ?? []);
  const { log } = (await readManifest(memory, 1))!;
  const [storage, handles] = countHandles(memory);
  const first = { lsn: 1 };
  const pool = new ReaderPool(storage, {
    ...{ log, firstLsn: () => first.lsn, memoryBytes: 4096, mostOpen: 2 },
  });
  return { pool, segments, handles, memory, first };
}

test("ReaderPool lends a reader that came back, and one at a time", async () => {
  const { pool, segments: [a, b], handles } = await makePool();
  assertEquals(pool.take(a.name), undefined);
  const reader = await pool.open(a);
  assertEquals(pool.take(a.name), undefined);
  pool.giveBack(reader, 1);
  assertEquals(pool.take(b.name), undefined);
  assertEquals(pool.take(a.name), reader);
  assertEquals(pool.take(a.name), undefined);
  await pool.close(reader);
  assertEquals(handles.open, []);
});

test("ReaderPool closes the reader used longest ago to open another", async () => {
  const { pool, segments: [a, b, c], handles } = await makePool();
  const first = await pool.open(a);
  const second = await pool.open(b);
  pool.giveBack(second, 1);
  pool.giveBack(first, 1);
  const third = await pool.open(c);
  assertEquals(handles.open.sort(), [a.name, c.name]);
  pool.giveBack(third, 1);
  await pool.closeAll();
  assertEquals(handles.open, []);
});

test("ReaderPool makes lookups wait in order when all readers are lent", async () => {
  const { pool, segments: [a, b, c], handles } = await makePool();
  const [first, second] = [await pool.open(a), await pool.open(b)];
  const order: string[] = [];
  const waiting = [c, a, b].map(async (segment) => {
    const reader = await pool.open(segment);
    order.push(segment.name);
    assert(handles.open.length <= 2);
    return reader;
  });
  pool.giveBack(first, 1);
  pool.giveBack(await waiting[0], 1);
  pool.giveBack(await waiting[1], 1);
  pool.giveBack(second, 1);
  pool.giveBack(await waiting[2], 1);
  assertEquals(order, [c.name, a.name, b.name]);
  await pool.closeAll();
  assertEquals(handles.open, []);
});

test("ReaderPool does not keep a reader of a segment that is gone, or once it is closed", async () => {
  const { pool, segments: [a, b], handles, first } = await makePool();
  const gone = await pool.open(a);
  first.lsn = 2;
  await pool.giveBack(gone, 1);
  assertEquals(handles.open, []);
  const lent = await pool.open(b);
  await pool.closeAll();
  assertEquals(handles.open, [b.name]);
  await pool.giveBack(lent, 2);
  assertEquals(handles.open, []);
});

test("ReaderPool forgets a segment, and that alone", async () => {
  const { pool, segments: [a, b], handles } = await makePool();
  for (const reader of [await pool.open(a), await pool.open(b)]) {
    pool.giveBack(reader, 1);
  }
  await pool.forget(a.name);
  assertEquals(handles.open, [b.name]);
  await pool.closeAll();
});

test("ReaderPool lets others open files after one could not be opened", async () => {
  const { pool, segments: [a, b, c], handles, memory } = await makePool();
  memory.put(a.name, new Uint8Array(10));
  const lent: SegmentReader[] = [];
  for (let times = 0; times < 3; times++) {
    await assertRejects(() => pool.open(a), Error, "segment header");
  }
  for (const segment of [b, c]) lent.push(await pool.open(segment));
  for (const reader of lent) pool.giveBack(reader, 1);
  await pool.closeAll();
  assertEquals(handles.open, []);
});

test("ReaderPool lends memory of no more bytes than the file has", async () => {
  const { pool, segments: [a], memory } = await makePool();
  const reader = await pool.open(a);
  const lent = await pool.takeMemory(reader);
  assertEquals(lent.length, memory.get(a.name)!.length);
  pool.giveBack(reader, 1, lent);
  await pool.closeAll();
});
