import { argumentError, requireOptions } from "../argument.ts";
import type { Codec } from "./codec.ts";
import { type StandardSchema, validate } from "./standard_schema.ts";
import { decodeText } from "./text.ts";

/** Options of {@linkcode json}. */
export interface JsonOptions<In, Out = In> {
  /**
   * Validates each value before it is appended, and again when it is read. What
   * is stored is the value as given; reading returns what the schema makes of
   * it, with defaults filled in and types converted. Default: no validation.
   */
  schema?: StandardSchema<In, Out> | undefined;
}

/**
 * Values as JSON, in UTF-8.
 *
 * What JSON cannot hold is stored as `JSON.stringify` does it: a `Date` becomes
 * a string, `NaN` becomes `null`, and members that are `undefined` are left out.
 * A schema can turn those back. A value without any JSON, such as `undefined` or
 * a `bigint`, is refused. Without a schema, the type of what is read is a claim
 * that nobody checks.
 *
 * Throws `TypeError` for bad options. Schemas that validate asynchronously are
 * refused with an `AsyncSchemaError` for each value.
 *
 * @example
 * ```ts
 * import { json, Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * interface Order {
 *   id: number;
 *   items: string[];
 * }
 *
 * const codec = json<Order>();
 * const wal = await Wal.open(new MemoryStorage(), { codec });
 * await wal.append({ id: 1, items: ["tea"] });
 * for await (const { data } of wal.read()) {
 *   assert.deepEqual(data.items, ["tea"]); // an Order
 * }
 * await wal.close();
 * ```
 */
export function json<In = unknown, Out = In>(
  options: JsonOptions<In, Out> = {},
): Codec<In, Out> {
  requireOptions("make a codec", options, ["schema"]);
  const { schema } = options;
  if (schema === undefined) {
    return {
      encode: stringify,
      decode: (bytes) => JSON.parse(decodeText(bytes)),
    };
  }
  requireSchema(schema);
  return {
    encode(value) {
      validate(schema, value);
      return stringify(value);
    },
    decode: (bytes) => validate(schema, JSON.parse(decodeText(bytes))),
  };
}

function stringify(value: unknown): string {
  // Functions and symbols have none either; its type conceals that.
  const text = JSON.stringify(value) as string | undefined;
  if (text !== undefined) return text;
  throw new TypeError(`there is no JSON for a value of type ${typeof value}`);
}

function requireSchema(schema: unknown): void {
  const { version, validate } = Object(Object(schema)["~standard"]);
  if (version === 1 && typeof validate === "function") return;
  const rule = "a Standard Schema of version 1";
  throw argumentError("make a codec", "schema", rule, schema, false);
}
