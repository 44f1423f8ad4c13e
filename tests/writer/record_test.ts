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
  copyRecord,
  encodeRecord,
  measureRecord,
  type RecordInput,
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
function encoded(record: RecordInput): Uint8Array {
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

test("requireRecord() refuses what is no bytes, string or pieces", () => {
  const rows: [unknown, string][] = [
    [null, "null"],
    [undefined, "undefined"],
    [5, "[object Number]"],
    [{}, "[object Object]"],
    [new Set(["x"]), "[object Set]"],
    [new ArrayBuffer(4), "[object ArrayBuffer]"],
    [new Uint16Array(2), "[object Uint16Array]"],
  ];
  for (const [record, shown] of rows) {
    const error = assertThrows(() => requireRecord(record), TypeError);
    assertEquals(
      error.message,
      "Cannot append a record because it must be a Uint8Array, a string or " +
        `an array of these: received ${shown}`,
    );
  }
});

test("requireRecord() names the piece that is neither bytes nor a string", () => {
  const rows: [unknown[], string][] = [
    [[1, 2], "piece [0] must be a Uint8Array or a string: received [object Nu"],
    [
      ["a", ["b"]],
      "piece [1] must be a Uint8Array or a string: received [objec",
    ],
    [
      ["a", , "b"],
      "piece [1] must be a Uint8Array or a string: received undef",
    ],
    [
      ["a", "b", null],
      "piece [2] must be a Uint8Array or a string: received n",
    ],
  ];
  for (const [record, message] of rows) {
    assertThrows(() => requireRecord(record), TypeError, message);
  }
});

const pieces = fc.array(fc.oneof(texts, fc.uint8Array()));

/** What pieces are, joined with a copy. */
function joined(pieces: readonly (Uint8Array | string)[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...encoded(piece)]));
}

test("encodeRecord() writes pieces one after the other", () => {
  fc.assert(fc.property(pieces, (pieces) => {
    assertEquals(encoded(pieces), joined(pieces));
    assertEquals(copyRecord(pieces, measureRecord(pieces)), joined(pieces));
  }));
});

test("encodeRecord() lays out a record of no or empty pieces", () => {
  for (const record of [[], [""], ["", new Uint8Array(0)]]) {
    assertEquals(measureRecord(record), 4);
    assertEquals(encoded(record), new Uint8Array(0));
  }
});

test("measureRecord() judges pieces together", () => {
  const half = new Uint8Array(MAX_FRAME_BYTES / 2);
  assertThrows(() => measureRecord([half, half]), RecordTooLargeError);
  assertEquals(measureRecord([half, half.subarray(4)]), MAX_FRAME_BYTES);
});

test("Wal takes pieces as one record, and a batch of them as several", async () => {
  await using wal = await Wal.open(new MemoryStorage(), {
    maxQueuedRecords: 1,
  });
  const header = Uint8Array.of(104);
  const appends = [
    wal.append([header, "\u00e9"]),
    wal.append([header, "i"]), // waits for room
    wal.appendBatch([[header, "o"], "x", [], header]),
  ];
  header[0] = 0;
  await Promise.all(appends);
  const lsn = wal.enqueue(["a", new Uint8Array(2).fill(98)]);
  await wal.flush();
  const found: string[] = [];
  for await (const { data } of wal.read()) {
    found.push(new TextDecoder().decode(data));
  }
  assertEquals(found, ["h\u00e9", "hi", "ho", "x", "", "h", "abb"]);
  assertEquals(lsn, 7);
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
