/**
 * Codecs: typed values in place of bytes, with validation by any library that
 * implements Standard Schema.
 *
 * @example A schema that fills in what older records lack
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { json, type StandardSchema } from "@syncline/wal/codec";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * // Made by hand here; usually by Zod, Valibot, ArkType or the like.
 * const schema: StandardSchema<{ id: number }, { id: number; tags: string[] }> =
 *   {
 *     "~standard": {
 *       version: 1,
 *       vendor: "example",
 *       validate: (value) =>
 *         typeof (value as { id?: unknown })?.id === "number"
 *           ? { value: { tags: [], ...value as { id: number } } }
 *           : { issues: [{ message: "a number is needed", path: ["id"] }] },
 *     },
 *   };
 * const wal = await Wal.open(new MemoryStorage(), { codec: json({ schema }) });
 * const lsn = await wal.append({ id: 1 });
 * assert.deepEqual((await wal.get(lsn))?.data, { id: 1, tags: [] });
 * await assert.rejects(wal.append({} as never), /id: a number is needed/);
 * await wal.close();
 * ```
 *
 * @module
 */
export { type Codec, DecodeError, EncodeError } from "./codec.ts";
export * from "./json.ts";
export {
  AsyncSchemaError,
  SchemaError,
  type StandardSchema,
  type StandardSchemaIssue,
  type StandardSchemaProps,
  type StandardSchemaResult,
} from "./standard_schema.ts";
export { bytes, text } from "./text.ts";
