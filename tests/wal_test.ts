import { MAX_FRAME_BYTES } from "../storage/format/frame.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { Wal } from "../wal.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { ReadOptions } from "../reader/reads.ts";
import { RecordTooLargeError } from "../writer/record.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "./kit/assert.ts";
import { openWal } from "./kit/open_wal.ts";
import { test } from "./kit/register.ts";

/** What is not a record; TypeScript would not let it pass. */
const noRecords = [null, undefined, 5, {}, [1], new ArrayBuffer(1)] as never[];

async function textsOf(wal: Wal, options?: ReadOptions): Promise<string[]> {
  const texts: string[] = [];
  for await (const { lsn, data } of wal.read(options)) {
    texts.push(`${lsn}${new TextDecoder().decode(data)}`);
  }
  return texts;
}

/** A log with five records. */
async function five(): Promise<Wal> {
  const wal = await Wal.open(new MemoryStorage(), { segmentBytes: 4096 });
  await wal.appendBatch(["a", "b"]);
  for (const record of ["c", "d", "e"]) await wal.append(record);
  return wal;
}

test("append() takes records that are empty", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  assertEquals(await wal.append(""), 1);
  assertEquals(await wal.append(new Uint8Array()), 2);
  await wal.appendBatch(["", ""]);
  assertEquals(await textsOf(wal), ["1", "2", "3", "4"]);
});

test("append() gives LSNs in call order, across kinds of calls", async () => {
  const { wal, log, clock, close } = await openWal();
  const first = wal.append("a");
  const second = wal.enqueue("b");
  const third = wal.appendBatch(["c", "d"]);
  const last = wal.append("e");
  assertEquals(second, 2);
  const lsns = await clock.settle(Promise.all([first, third, last]));
  assertEquals(lsns, [1, { first: 3, last: 4 }, 5]);
  await close();
  assertEquals(log.texts().join(""), "abcde");
});

test("append() and its siblings refuse what is not a record", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  for (const record of noRecords) {
    await assertRejects(() => wal.append(record), TypeError, "received");
    const batch = ["good", record];
    await assertRejects(() => wal.appendBatch(batch), TypeError, "received");
    assertThrows(() => wal.enqueue(record), TypeError, "received");
  }
  assertEquals(await wal.flush(), 0);
});

test("appendBatch() refuses an empty batch, and what is not iterable", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  const none = await assertRejects(() => wal.appendBatch([]), RangeError);
  assertEquals(
    none.message,
    "Cannot append a batch because it must be an iterable of at least one " +
      "record: received none",
  );
  for (const records of ["text", new Uint8Array(3), 5, {}, null]) {
    const call = () => wal.appendBatch(records as string[]);
    await assertRejects(call, TypeError, "must be an iterable of records");
  }
});

test("appendBatch() takes any iterable", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  await wal.appendBatch(new Set(["a", "b"]));
  const generated = (function* () {
    yield "c";
    yield new Uint8Array([100]);
  })();
  assertEquals(await wal.appendBatch(generated), { first: 3, last: 4 });
  assertEquals(await textsOf(wal), ["1a", "2b", "3c", "4d"]);
});

test("append() and appendBatch() refuse more than a frame holds", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  const record = new Uint8Array(MAX_FRAME_BYTES - 3);
  await assertRejects(() => wal.append(record), RecordTooLargeError);
  assertThrows(() => wal.enqueue(record), RecordTooLargeError);
  const half = record.subarray(0, MAX_FRAME_BYTES / 2 - 3);
  const batch = [half, half];
  const error = await assertRejects(
    () => wal.appendBatch(batch),
    RecordTooLargeError,
  );
  assertEquals(error.bytes, MAX_FRAME_BYTES + 2);
  assertEquals(await wal.flush(), 0);
});

test("Wal refuses every call after close(), before its end", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const closing = wal.close();
  const closed = (call: () => Promise<unknown>, action: string) =>
    assertRejects(
      call,
      LogClosedError,
      `Cannot ${action} because the log is closed`,
    );
  await closed(() => wal.append("x"), "append");
  await closed(() => wal.appendBatch(["x"]), "append");
  await closed(() => wal.settled(1), "wait");
  await closed(() => wal.flush(), "flush");
  await closed(() => wal.truncateBefore(1), "truncate");
  await closed(() => wal.read().next(), "read");
  assertThrows(() => wal.enqueue("x"), LogClosedError, "Cannot enqueue");
  await closing;
});

test("close() returns the same promise when called twice", async () => {
  const { wal, log, close } = await openWal();
  const first = wal.close();
  assertStrictEquals(wal.close(), first);
  await close();
  await wal[Symbol.asyncDispose]();
  assertEquals(log.calls, ["close"]);
});

test("close() resolves the appends that were pending", async () => {
  const wal = await Wal.open(new MemoryStorage());
  const append = wal.append("x");
  await wal.close();
  assertEquals(await append, 1);
});

test("read() gives records from and to, both included", async () => {
  await using wal = await five();
  assertEquals(await textsOf(wal), ["1a", "2b", "3c", "4d", "5e"]);
  assertEquals(await textsOf(wal, { from: 2, to: 4 }), ["2b", "3c", "4d"]);
  assertEquals(await textsOf(wal, { to: 1 }), ["1a"]);
  assertEquals(await textsOf(wal, { from: 5 }), ["5e"]);
});

test("read() gives nothing for an empty range or an empty log", async () => {
  await using wal = await five();
  assertEquals(await textsOf(wal, { from: 6 }), []);
  assertEquals(await textsOf(wal, { from: 3, to: 2 }), []);
  await using empty = await Wal.open(new MemoryStorage());
  assertEquals(await textsOf(empty), []);
  assertEquals(await textsOf(empty, { from: 1, to: 0 }), []);
});

test("read() refuses bounds that do not exist, or are not integers", async () => {
  await using wal = await five();
  const message = async (options: ReadOptions) =>
    (await assertRejects(() => textsOf(wal, options), RangeError)).message;
  const rule = "a record because its LSN must be an integer from";
  assertEquals(
    await message({ from: 0 }),
    `Cannot read from ${rule} 1 to 6: received 0`,
  );
  assertEquals(
    await message({ from: 7 }),
    `Cannot read from ${rule} 1 to 6: received 7`,
  );
  assertEquals(
    await message({ to: 6 }),
    `Cannot read to ${rule} 0 to 5: received 6`,
  );
  assertEquals(
    await message({ from: 4, to: 2 }),
    `Cannot read to ${rule} 3 to 5: received 2`,
  );
  await message({ from: NaN });
  await message({ from: 1.5 });
  const from = "1" as unknown as number;
  await assertRejects(() => textsOf(wal, { from }), TypeError);
});

test("read() does not give what was appended after it began", async () => {
  await using wal = await five();
  const reading = wal.read({ from: 5 });
  assertEquals((await reading.next()).value?.lsn, 5);
  await wal.append("f");
  assert((await reading.next()).done);
});

test("settled() refuses an LSN that was not given out", async () => {
  await using wal = await five();
  for (const lsn of [0, 6, 1.5, NaN]) {
    await assertRejects(
      () => wal.settled(lsn),
      RangeError,
      "Cannot wait for a record because its LSN must be an integer from 1 " +
        `to 5: received ${lsn}`,
    );
  }
  await assertRejects(() => wal.settled("1" as never), TypeError);
});

test("truncateBefore() drops whole segments and keeps all others", async () => {
  const storage = new MemoryStorage();
  await using wal = await Wal.open(storage, { segmentBytes: 4096 });
  const record = new Uint8Array(3000);
  for (let count = 0; count < 4; count++) await wal.append(record);
  await wal.truncateBefore(3);
  const { value } = await wal.read().next();
  assertEquals(value?.lsn, 3);
  await assertRejects(() => wal.read({ from: 2 }).next(), RangeError);
  await wal.truncateBefore(1);
  assertEquals(await wal.append(record), 5);
});

test("truncateBefore() refuses an LSN beyond the end", async () => {
  await using wal = await five();
  await wal.truncateBefore(6);
  assertEquals(await textsOf(wal), []);
  for (const lsn of [0, 7, -1, NaN]) {
    await assertRejects(
      () => wal.truncateBefore(lsn),
      RangeError,
      "Cannot truncate before a record because its LSN must be an integer " +
        `from 1 to 6: received ${lsn}`,
    );
  }
});

test("flush() resolves with the last LSN, 0 if there is none", async () => {
  await using wal = await Wal.open(new MemoryStorage());
  assertEquals(await wal.flush(), 0);
  wal.enqueue("a");
  wal.enqueue("b");
  assertEquals(await wal.flush(), 2);
});

test("Wal continues where it ended when it is opened again", async () => {
  const storage = new MemoryStorage();
  for (let opening = 1; opening <= 3; opening++) {
    await using wal = await Wal.open(storage);
    assertEquals(await wal.append("x"), opening);
  }
  await using wal = await Wal.open(storage);
  assertEquals(await textsOf(wal), ["1x", "2x", "3x"]);
});
