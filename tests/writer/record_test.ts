import fc from "fast-check";
import { runInNewContext } from "node:vm";
import {
  FRAME_HEADER_BYTES,
  MAX_FRAME_BYTES,
} from "../../storage/format/frame.ts";
import type { FrameRecords } from "../../storage/format/records.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { Batch } from "../../writer/batch.ts";
import {
  encodeRecord,
  measureRecord,
  RecordTooLargeError,
  requireIterable,
  requireRecord,
} from "../../writer/record.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../kit/assert.ts";
import { recordsIn } from "../kit/decode_bytes.ts";
import { test } from "../kit/register.ts";

const encoder = new TextEncoder();

/** Any UTF-16, lone surrogates too. */
const texts = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0xd7f0, max: 0xe010 }),
    fc.constantFrom(0x7f, 0x80, 0x7ff, 0x800),
  ),
).map((units) => String.fromCharCode(...units));

/** The record's bytes as laid out, without the length. */
function encoded(record: Uint8Array | string): Uint8Array {
  const size = measureRecord(record);
  const into = new Uint8Array(size).fill(0xaa);
  encodeRecord(into, 0, record, size);
  return into.subarray(4);
}

test("encodeRecord() writes a string as TextEncoder does", () => {
  fc.assert(fc.property(texts, (text) => {
    assertEquals(encoded(text), encoder.encode(text));
  }));
});

test("encodeRecord() writes a lone surrogate as U+FFFD", () => {
  for (
    const text of ["\ud800", "\udc00", "\udc00\ud800", "\ud800\ud83d\ude00"]
  ) {
    assertEquals(encoded(text), encoder.encode(text));
  }
});

test("encodeRecord() writes the length, little-endian, then the bytes", () => {
  const into = new Uint8Array(300);
  encodeRecord(into, 8, new Uint8Array(258).fill(7), 262);
  assertEquals([...into.subarray(6, 14)], [0, 0, 2, 1, 0, 0, 7, 7]);
  assertEquals([into[269], into[270]], [7, 0]);
});

test("measureRecord() counts the bytes and 4 for their length", () => {
  assertEquals(measureRecord(""), 4);
  assertEquals(measureRecord(new Uint8Array(10)), 14);
  assertEquals(measureRecord("a\u00e9\u20ac\ud83d\ude00"), 14);
});

test("measureRecord() takes what just fits a frame, and no byte more", () => {
  const most = MAX_FRAME_BYTES - 4;
  const record = new Uint8Array(most + 1);
  assertEquals(measureRecord(record.subarray(1)), MAX_FRAME_BYTES);
  const error = assertThrows(() => measureRecord(record), RecordTooLargeError);
  assertEquals([error.bytes, error.limitBytes], [most + 1, most]);
  assertEquals(
    error.message,
    `Cannot append ${
      most + 1
    } bytes at once because a frame holds at most ${most}`,
  );
});

test("measureRecord() judges a string by its bytes", () => {
  const text = "\u20ac".repeat(MAX_FRAME_BYTES / 3);
  assertThrows(() => measureRecord(text), RecordTooLargeError);
});

test("requireRecord() refuses what is neither bytes nor a string", () => {
  const rows: [unknown, string][] = [
    [null, "null"],
    [undefined, "undefined"],
    [5, "[object Number]"],
    [{}, "[object Object]"],
    [[1, 2], "[object Array]"],
    [new ArrayBuffer(4), "[object ArrayBuffer]"],
    [new Uint16Array(2), "[object Uint16Array]"],
  ];
  for (const [record, shown] of rows) {
    const error = assertThrows(() => requireRecord(record), TypeError);
    assertEquals(
      error.message,
      "Cannot append a record because it must be a Uint8Array or a string: " +
        `received ${shown}`,
    );
  }
});

test("requireRecord() takes bytes of another realm, and no other view", () => {
  for (const code of ["new Uint8Array([1, 2])", "new Uint8Array(0)"]) {
    const record = runInNewContext(code);
    assertEquals(record instanceof Uint8Array, false);
    assertStrictEquals(requireRecord(record), record);
    assertThrows(
      () => requireIterable(record),
      TypeError,
      "received [object Uint8Array]",
    );
  }
  for (
    const code of [
      "new Uint8ClampedArray(2)",
      "new Int8Array(2)",
      "new DataView(new ArrayBuffer(2))",
      "new ArrayBuffer(2)",
      "({ length: 2, [Symbol.toStringTag]: 'Uint8Array' })",
    ]
  ) {
    assertThrows(() => requireRecord(runInNewContext(code)), TypeError);
  }
});

test("Wal.append() stores bytes of another realm", async () => {
  const storage = new MemoryStorage();
  await using wal = await Wal.open(storage, { maxQueuedRecords: 1 });
  const record = runInNewContext("new Uint8Array([1, 2, 3])");
  const appends = [
    wal.append(record),
    wal.append(record), // waits for room
    wal.appendBatch([record]),
  ];
  await Promise.all(appends);
  for await (const { data } of wal.read()) {
    assertEquals(data, Uint8Array.of(1, 2, 3));
  }
  const fake = Object.create(Uint8Array.prototype);
  await assertRejects(() => wal.append(fake), TypeError);
});

test("Batch lays records out so that splitRecords() gives them back", () => {
  const records = fc.array(fc.uint8Array({ maxLength: 3000 }), {
    minLength: 1,
  });
  fc.assert(fc.property(records, (records) => {
    const batch = new Batch(1, 4096, new Uint8Array(64));
    for (const record of records) batch.add(record, record.length + 4);
    const end = FRAME_HEADER_BYTES + batch.length;
    const payload = batch.buffer.subarray(FRAME_HEADER_BYTES, end);
    assertEquals(
      [...recordsIn(payload, batch.count) as FrameRecords],
      records,
    );
    assert(batch.buffer.length >= end + 7 - (end + 7) % 8);
  }));
});
