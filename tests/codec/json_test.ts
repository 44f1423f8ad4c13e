import fc from "fast-check";
import { DecodeError, EncodeError } from "../../codec/codec.ts";
import { json } from "../../codec/json.ts";
import {
  AsyncSchemaError,
  SchemaError,
  type StandardSchema,
} from "../../codec/standard_schema.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const encoder = new TextEncoder();

function bytesOf(text: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(text as string);
}

/** A schema made by hand. */
function schemaOf<In, Out>(
  validate: StandardSchema<In, Out>["~standard"]["validate"],
): StandardSchema<In, Out> {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

/** Takes the text of a date, and makes a date of it. */
const dates = schemaOf<string, Date>((value) => {
  const date = new Date(typeof value === "string" ? value : NaN);
  return Number.isNaN(date.getTime())
    ? { issues: [{ message: "no date", path: ["at", { key: 0 }] }] }
    : { value: date };
});

test("json() gives back every value that JSON can hold", () => {
  const { encode, decode } = json();
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    assertEquals(
      decode(bytesOf(encode(value))),
      JSON.parse(JSON.stringify(value)),
    );
  }));
});

test("json() refuses values without JSON", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  for (const value of [undefined, () => 1, Symbol("x"), 5n, circle]) {
    assertThrows(() => json().encode(value), TypeError);
  }
  const message = "there is no JSON for a value of type undefined";
  assertThrows(() => json().encode(undefined), TypeError, message);
});

test("json() refuses bytes that are no JSON, or no UTF-8", () => {
  assertThrows(() => json().decode(bytesOf("{")), SyntaxError);
  assertThrows(() => json().decode(bytesOf("")), SyntaxError);
  const latin = Uint8Array.of(34, 0xe9, 34);
  assertThrows(() => json().decode(latin), TypeError);
});

test("json() with a schema stores what is given, and reads what it makes", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, { codec: json({ schema: dates }) });
  const lsn = await wal.append("2020-02-02");
  const read = await wal.get(lsn);
  assertEquals(read?.data.getTime(), Date.UTC(2020, 1, 2));
  await wal.close();
  const plain = await Wal.open(storage, { codec: json<string>() });
  assertEquals((await plain.get(lsn))?.data, "2020-02-02");
  await plain.close();
});

test("json() with a schema refuses values on both ways", async () => {
  const storage = new MemoryStorage();
  const plain = await Wal.open(storage, { codec: json() });
  await plain.append("tomorrow");
  await plain.close();
  const wal = await Wal.open(storage, { codec: json({ schema: dates }) });
  const encoding = await assertRejects(() => wal.append("never"), EncodeError);
  const decoding = await assertRejects(() => wal.get(1), DecodeError);
  for (const { cause, message } of [encoding, decoding]) {
    assertInstanceOf(cause, SchemaError);
    assertEquals(cause.message, "at.0: no date");
    assertEquals(cause.issues.length, 1);
    assertEquals(message.endsWith("its codec failed: at.0: no date"), true);
  }
  assertEquals(wal.lastLsn, 1);
  await wal.close();
});

test("json() refuses a schema that answers with a promise", async () => {
  const late = [
    Promise.resolve({ value: 1 }),
    Promise.reject(new Error("nobody handles this")),
  ];
  for (const result of late) {
    const codec = json({ schema: schemaOf<number, number>(() => result) });
    const wal = await Wal.open(new MemoryStorage(), { codec });
    const { cause } = await assertRejects(() => wal.append(1), EncodeError);
    assertInstanceOf(cause, AsyncSchemaError);
    assertEquals(cause.vendor, "test");
    assertEquals(
      cause.message,
      "the schema (test) validates asynchronously",
    );
    await wal.close();
  }
});

test("json() refuses options that it does not know, and what is no schema", () => {
  const call = (options: unknown) => () => json(options as never);
  assertThrows(call({ shema: dates }), TypeError, "did you mean schema?");
  for (const schema of [null, 5, {}, { "~standard": { version: 2 } }]) {
    assertThrows(call({ schema }), TypeError, "schema must be a Standard Sch");
  }
  assertEquals(json({ schema: undefined }).encode([1]), "[1]");
});

test("SchemaError shows each issue with its place", () => {
  const { message } = new SchemaError([
    { message: "too short" },
    { message: "no number", path: ["items", 2, { key: "price" }] },
  ]);
  assertEquals(message, "too short; items.2.price: no number");
  assertEquals(new SchemaError([]).message, "the schema refuses the value");
});
