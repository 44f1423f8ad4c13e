import type { Codec } from "../../codec/codec.ts";
import { DecodeError, EncodeError } from "../../codec/codec.ts";
import { bytes } from "../../codec/text.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** A number as a byte and its text; refuses what is above 9. */
const digits: Codec<number> = {
  encode(value) {
    if (value > 9) throw new RangeError(`no digit: ${value}`);
    return [Uint8Array.of(value), `${value}`];
  },
  decode([byte, ...text]) {
    if (text[0] !== byte + 48) throw new RangeError(`no digit: ${byte}`);
    return byte;
  },
};

/** A log of digits, in which record 2 is none. */
async function damaged(): Promise<Wal<number, number>> {
  const storage = new MemoryStorage();
  await using wal = await Wal.open(storage);
  await wal.appendBatch([[Uint8Array.of(1), "1"], "?", ["\x03", "3"]]);
  await wal.close();
  return await Wal.open(storage, { codec: digits });
}

test("Wal with a codec takes values wherever it takes records", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { codec: digits, maxQueuedRecords: 2 });
  const appended = [
    wal.append(1),
    wal.append(2, { expect: 2 }),
    wal.append(3, { ack: "os" }),
    wal.appendBatch(new Set([4, 5])),
  ];
  await Promise.all(appended);
  assertEquals(wal.enqueue(6), 6);
  const writer = wal.writable().getWriter();
  await writer.write(7);
  await writer.close();
  const found: number[] = [];
  for await (const { lsn, data } of wal.read()) found.push(data * 10 + lsn);
  assertEquals(found, [11, 22, 33, 44, 55, 66, 77]);
  assertEquals((await wal.get(3))?.data, 3);
  for await (const { records } of wal.readBatches({ from: 7 })) {
    assertEquals([...records], [Uint8Array.of(7, 55)]);
  }
  await wal.close();
});

test("Wal queues nothing of what its codec refuses", async () => {
  const wal = await Wal.open(new MemoryStorage(), { codec: digits });
  for (
    const call of [
      () => wal.append(10),
      () => wal.append(10, { signal: new AbortController().signal }),
      () => wal.appendBatch([1, 10, 2]),
      () => wal.writable().getWriter().write(10),
    ]
  ) {
    const { message, cause } = await assertRejects(call, EncodeError);
    assertEquals(
      message,
      "Cannot append a value because its codec failed: no digit: 10",
    );
    assertInstanceOf(cause, RangeError);
  }
  assertThrows(() => wal.enqueue(10), EncodeError);
  assertEquals(wal.lastLsn, 0);
  assertEquals(await wal.append(1), 1);
  await wal.close();
});

test("Wal refuses what is no record, whatever a codec says", async () => {
  for (const value of [undefined, 5, Promise.resolve("x"), ["a", 1]]) {
    const codec: Codec<number> = {
      encode: () => value as never,
      decode: () => 0,
    };
    const wal = await Wal.open(new MemoryStorage(), { codec });
    const message = "Cannot append what the codec made because ";
    await assertRejects(() => wal.append(0), TypeError, message);
    assertThrows(() => wal.enqueue(0), TypeError, message);
    await assertRejects(() => wal.appendBatch([0]), TypeError, message);
    assertEquals(wal.lastLsn, 0);
    await wal.close();
  }
});

test("get() and read() say which record does not decode", async () => {
  const wal = await damaged();
  const seen: number[] = [];
  const reads = [
    () => wal.get(2),
    async () => {
      for await (const { lsn } of wal.read()) seen.push(lsn);
    },
  ];
  for (const read of reads) {
    const { lsn, message, cause } = await assertRejects(read, DecodeError);
    assertEquals(lsn, 2);
    assertEquals(
      message,
      "Cannot decode record 2 because its codec failed: no digit: 63",
    );
    assertInstanceOf(cause, RangeError);
  }
  assertEquals(seen, [1]);
  assertEquals((await wal.get(3))?.data, 3);
  await wal.close();
});

test("read() ends after what does not decode, and can go on from there", async () => {
  const wal = await damaged();
  const read = wal.read();
  await read.next();
  const { lsn } = await assertRejects(() => read.next(), DecodeError);
  assertEquals(await read.next(), { done: true, value: undefined });
  const rest = wal.read({ from: lsn + 1 });
  assertEquals((await rest.next()).value, { lsn: 3, data: 3 });
  await rest.return(undefined);
  await wal.close();
});

test("Wal.open() refuses a codec that is none", async () => {
  for (const codec of [null, 5, {}, { encode: () => "" }, { decode() {} }]) {
    const open = () => Wal.open(new MemoryStorage(), { codec: codec as never });
    await assertRejects(open, TypeError, "codec must be an object with a meth");
  }
});

test("bytes() does what a log without a codec does", async () => {
  const { encode, decode } = bytes();
  const record = ["a", Uint8Array.of(98)];
  assertStrictEquals(encode(record), record);
  const found = Uint8Array.of(1);
  assertStrictEquals(decode(found), found);
  const wal: Wal = await Wal.open(new MemoryStorage(), { codec: bytes() });
  await wal.append(record);
  assertEquals((await wal.get(1))?.data, Uint8Array.of(97, 98));
  assert(wal.lastLsn === 1);
  await wal.close();
});

test("EncodeError and DecodeError show what is no error", () => {
  assertEquals(new EncodeError("x").message.slice(-15), "codec failed: x");
  assertEquals(new DecodeError(4, 5).cause, 5);
});
