import type { RecordInput } from "../writer/record.ts";
import type { Codec } from "./codec.ts";

/** Refuses what is not UTF-8, and keeps a byte order mark. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes UTF-8. Throws `TypeError` if it is none. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * Strings, as UTF-8.
 *
 * A string with a lone surrogate is refused, because it could not be read back,
 * and so is a record that is not UTF-8.
 *
 * @example
 * ```ts
 * import { text, Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const wal = await Wal.open(new MemoryStorage(), { codec: text() });
 * const lsn = await wal.append("a line");
 * assert.equal((await wal.get(lsn))?.data, "a line");
 * await wal.close();
 * ```
 */
export function text(): Codec<string> {
  return { encode: requireText, decode: decodeText };
}

function requireText(value: string): string {
  if (typeof value !== "string") {
    throw new TypeError(`a string is needed, not a value of ${typeof value}`);
  }
  // `isWellFormed` is not in every library of types.
  if (!/\p{Surrogate}/u.test(value)) return value;
  throw new TypeError("the string has a lone surrogate");
}

/**
 * Bytes as they are: what a log without a codec does.
 *
 * Bytes that are read share memory with other records: copy them to keep them.
 */
export function bytes(): Codec<RecordInput, Uint8Array<ArrayBuffer>> {
  return { encode: (record) => record, decode: (bytes) => bytes };
}
