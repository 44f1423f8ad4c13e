/**
 * Codecs: a log that takes and gives back typed values instead of bytes. A schema
 * of any library that implements [Standard Schema](https://standardschema.dev),
 * such as Zod, Valibot or ArkType, checks them when they are appended and when
 * they are read, and can fill in what older records lack.
 *
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
 * - {@linkcode json}: values as JSON, with or without a schema.
 * - {@linkcode text} and {@linkcode bytes}: strings, and bytes as they are.
 * - {@linkcode Codec}: two functions, to write your own.
 * - {@linkcode EncodeError}: a value was refused, and nothing was appended.
 *   {@linkcode DecodeError}: a record is not what the codec expects.
 *
 * **Limits.** A codec is synchronous, and so must a schema be
 * ({@linkcode AsyncSchemaError}). A log does not remember its codec: open it with
 * the same one, or one that reads what the old one wrote. `readBatches` and
 * `followBatches` yield bytes.
 *
 * **Read next:** [Values, pieces and streams](https://github.com/syncline/wal/blob/main/docs/guide.md#values-pieces-and-streams).
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
