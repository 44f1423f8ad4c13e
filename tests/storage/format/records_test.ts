import fc from "fast-check";
import { FrameRecords } from "../../../storage/format/records.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { recordsIn } from "../../kit/decode_bytes.ts";
import { test } from "../../kit/register.ts";

/** Lays `records` out as a frame does, after a few other bytes. */
function payloadOf(records: readonly Uint8Array[]): Uint8Array {
  const bytes = records.flatMap((record) => [
    ...new Uint8Array(new Uint32Array([record.length]).buffer),
    ...record,
  ]);
  return Uint8Array.from([9, 9, 9, ...bytes]).subarray(3);
}

function split(payload: Uint8Array, count: number): FrameRecords {
  const records = recordsIn(payload, count);
  assert(records instanceof FrameRecords);
  return records;
}

/** How many lengths `act` reads. */
function countLengthsRead(act: () => void): number {
  const { getUint32 } = DataView.prototype;
  let count = 0;
  DataView.prototype.getUint32 = function (...args) {
    count++;
    return getUint32.apply(this, args);
  };
  try {
    act();
    return count;
  } finally {
    DataView.prototype.getUint32 = getUint32;
  }
}

const lists = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 12 });

test("FrameRecords answers at() as an array does, in any order", () => {
  const indexes = fc.array(fc.integer({ min: -14, max: 14 }));
  fc.assert(fc.property(lists, indexes, (list, indexes) => {
    const records = split(payloadOf(list), list.length);
    for (const index of indexes) {
      assertEquals(records.at(index), list.at(index) as never);
    }
    assertEquals([...records], list);
  }));
});

test("FrameRecords answers at() with nothing for what is not an index", () => {
  const records = split(payloadOf([Uint8Array.of(1), Uint8Array.of(2)]), 2);
  for (const index of [0.5, NaN, Infinity, -Infinity, 2, -3]) {
    assertEquals(records.at(index), undefined);
  }
  assertEquals(records.at(0), Uint8Array.of(1));
});

test("FrameRecords.slice() is a part, as an array's is", () => {
  fc.assert(fc.property(lists, fc.nat(12), fc.nat(12), (list, a, b) => {
    const [begin, end] = [a, b].map((at) => Math.min(at, list.length))
      .sort((one, other) => one - other);
    const part = split(payloadOf(list), list.length).slice(begin, end);
    assertEquals([...part], list.slice(begin, end));
    assertEquals(part.at(-1), list.slice(begin, end).at(-1) as never);
  }));
});

test("FrameRecords can be gone through more than once at a time", () => {
  const list = [1, 2, 3].map((byte) => Uint8Array.of(byte));
  const records = split(payloadOf(list), 3);
  const pairs: number[] = [];
  for (const [one] of records) {
    for (const [other] of records) pairs.push(one * 10 + other);
    records.at(1);
  }
  assertEquals(pairs, [11, 12, 13, 21, 22, 23, 31, 32, 33]);
});

test("FrameRecords reads few lengths per record when it is gone through", () => {
  const count = 1000;
  const records = split(new Uint8Array(count * 4), count);
  const byIndex = countLengthsRead(() => {
    for (let index = 0; index < count; index++) records.at(index);
  });
  assert(byIndex <= 2 * count, `${byIndex} by index`);
  const last = countLengthsRead(() => {
    for (let times = 0; times < count; times++) records.at(-1);
  });
  assert(last <= 3 * count, `${last} for the last`);
});

test("splitRecords() makes no record before it is asked for", () => {
  // As arrays of views these would take 2 GB.
  const count = 16 * 1024 * 1024;
  const records = split(new Uint8Array(count * 4), count);
  assertEquals([records.length, records.at(-1)], [count, new Uint8Array(0)]);
  assert(records.at(0) !== records.at(0));
});

test("splitRecords() gives a fault where the lengths do not add up", () => {
  const payload = new Uint8Array([1, 0, 0, 0, 9, 0, 0, 0, 0]);
  assertEquals("fault" in recordsIn(payload, 2), false);
  for (const [bytes, count] of [[payload, 1], [payload, 3]] as const) {
    assertEquals("fault" in recordsIn(bytes, count), true);
  }
  const long = Uint8Array.from([255, 255, 255, 255, 0]);
  assertEquals("fault" in recordsIn(long, 1), true);
});

test("splitRecords() never throws, whatever it is given", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.nat(20), (payload, count) => {
    const records = recordsIn(payload, count);
    if ("fault" in records) return;
    let bytes = 0;
    for (const { length } of records) bytes += length + 4;
    assertEquals([records.length, bytes], [count, payload.length]);
  }));
});
