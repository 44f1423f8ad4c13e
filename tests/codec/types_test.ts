/**
 * Goal: the types of a log are those of its codec. Method: the compiler checks
 * this file, so that a type that is no longer what it should be, or a wrong use
 * that is no longer refused, is an error; little of it has to run.
 *
 * @module
 */
import { bytes, type Codec, json, text } from "../../codec/mod.ts";
import type { StandardSchema } from "../../codec/standard_schema.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import type { LogRecord, RecordInput } from "../../writer/record.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends
  (<T>() => T extends Other ? 1 : 2) ? true
  : false;

/** Compiles only if both types are the same. */
function same<_Proof extends true>(): void {}

interface Order {
  id: number;
  note?: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Tags may be left out, and are there when it is read. */
const tagged: StandardSchema<{ tags?: string[] }, { tags: string[] }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ value: { tags: [], ...Object(value) } }),
  },
};

function open<In, Out>(options: WalOptions<In, Out>): Promise<Wal<In, Out>> {
  return Wal.open(new MemoryStorage(), options);
}

test("Wal.open() without a codec gives a log of bytes", async () => {
  const wal = await Wal.open(new MemoryStorage());
  same<Same<typeof wal, Wal>>();
  same<Same<typeof wal, Wal<RecordInput, Bytes>>>();
  const options: WalOptions = { codec: undefined };
  const other: Wal = await Wal.open(new MemoryStorage(), options);
  const pieces = ["a", Uint8Array.of(98)] as const;
  const lsn = await wal.append(pieces);
  const record = await wal.get(lsn);
  same<Same<typeof record, LogRecord<Bytes> | undefined>>();
  // @ts-expect-error A number is not a record.
  await assertRejects(() => wal.append(5), TypeError);
  // @ts-expect-error An array of numbers is none either.
  await assertRejects(() => wal.append([5]), TypeError);
  // @ts-expect-error A batch is an iterable.
  await assertRejects(() => wal.appendBatch(Uint8Array.of(1)), TypeError);
  for (const each of [wal, other]) await each.close();
});

test("Wal.open() takes its types from the codec", async () => {
  const wal = await Wal.open(new MemoryStorage(), { codec: json<Order>() });
  same<Same<typeof wal, Wal<Order, Order>>>();
  const lsn = await wal.append({ id: 1 });
  wal.enqueue({ id: 2, note: "x" });
  await wal.appendBatch([{ id: 3 }]);
  const stream = wal.writable();
  same<Same<typeof stream, WritableStream<Order>>>();
  const record = await wal.get(lsn);
  same<Same<typeof record, LogRecord<Order> | undefined>>();
  for await (const { data } of wal.read()) same<Same<typeof data, Order>>();
  for await (const { records } of wal.readBatches()) {
    const first = records.at(0);
    same<Same<typeof first, Bytes | undefined>>();
  }
  // @ts-expect-error An order has a number.
  await wal.append({ note: "y" });
  // @ts-expect-error A string is no order.
  wal.enqueue("z");
  await wal.close();
});

test("a schema determines what a log takes, and what it gives back", async () => {
  const wal = await open({ codec: json({ schema: tagged }) });
  same<Same<typeof wal, Wal<{ tags?: string[] }, { tags: string[] }>>>();
  const record = await wal.get(await wal.append({}));
  assertEquals(record?.data.tags, []);
  await wal.close();
  // @ts-expect-error The schema does not make orders.
  json<Order>({ schema: tagged });
});

test("a codec may be kept in options, handed on, and used as another", async () => {
  const options: WalOptions<Order, Order> = { codec: json() };
  const wal = await open(options);
  same<Same<typeof wal, Wal<Order, Order>>>();
  const texts = await open({ codec: text() });
  same<Same<typeof texts, Wal<string, string>>>();
  const plain: Wal = await open({ codec: bytes() });
  const unknowns = await open({ codec: json() });
  same<Same<typeof unknowns, Wal<unknown, unknown>>>();
  for (const each of [wal, texts, plain, unknowns]) await each.close();
  const wide: Codec<string | number, string> = {
    encode: (value) => `${value}`,
    decode: (bytes) => new TextDecoder().decode(bytes),
  };
  const narrow: Codec<number, unknown> = wide;
  // @ts-expect-error It may be given less than it takes, not more.
  const wider: Codec<string | number | boolean, string> = wide;
  assertEquals([narrow, wider], [wide, wide]);
});

test("a codec may be a class", async () => {
  class Dates implements Codec<Date> {
    encode(value: Date): string {
      return value.toISOString();
    }
    decode(bytes: Bytes): Date {
      return new Date(new TextDecoder().decode(bytes));
    }
  }
  const wal = await open({ codec: new Dates() });
  same<Same<typeof wal, Wal<Date, Date>>>();
  const date = new Date(0);
  assertEquals((await wal.get(await wal.append(date)))?.data, date);
  await wal.close();
});
