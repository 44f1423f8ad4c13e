import { Buffer } from "node:buffer";
import type { Snapshot } from "@syncline/wal/checkpoint";
import type { SortedMap } from "./sorted_map.ts";

/** A change of one key; without a value, the key is deleted. */
export type Change = readonly [key: string, value: string | undefined];

/** Keys and values are bytes, kept in strings with a character for each. */
const BYTES = "latin1";

/** Stands for the length of a value where a key is deleted. */
const DELETED = 0xffffffff;

/** A piece of a snapshot has about this many bytes. */
const PIECE_BYTES = 64 * 1024;

/** The bytes of a key or a value as a string. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(BYTES);
}

/** A key or a value, as it was before {@linkcode textOf}. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, BYTES);
}

/** Each change is two lengths of 32 bits, a key, and a value if there is one. */
export function encodeChanges(changes: readonly Change[]): Buffer {
  const bytes = Buffer.allocUnsafe(
    changes.reduce((sum, change) => sum + measure(change), 0),
  );
  let at = 0;
  for (const [key, value] of changes) {
    at = bytes.writeUInt32LE(key.length, at);
    at = bytes.writeUInt32LE(value === undefined ? DELETED : value.length, at);
    at += bytes.write(key, at, BYTES);
    if (value !== undefined) at += bytes.write(value, at, BYTES);
  }
  return bytes;
}

function measure([key, value]: Change): number {
  return 8 + key.length + (value === undefined ? 0 : value.length);
}

/** The error for a log that holds something else. */
export function foreign(what: string): Error {
  return new Error(`Cannot open the log because ${what} is not of a database`);
}

/** The whole changes that bytes begin with. */
interface Decoded {
  readonly changes: Change[];
  /** Where they end. */
  readonly end: number;
  /** How many bytes the next one needs, as far as that is known. */
  readonly needed: number;
}

/** Reads as many changes as there are. */
export function decodeChanges(data: Uint8Array): Decoded {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const changes: Change[] = [];
  for (let end = 0;;) {
    const keyAt = end + 8;
    if (keyAt > bytes.length) return { changes, end, needed: 8 };
    const valueAt = keyAt + bytes.readUInt32LE(end);
    const length = bytes.readUInt32LE(end + 4);
    const isDeleted = length === DELETED;
    const next = valueAt + (isDeleted ? 0 : length);
    if (next > bytes.length) return { changes, end, needed: next - end };
    const key = bytes.toString(BYTES, keyAt, valueAt);
    const value = isDeleted ? undefined : bytes.toString(BYTES, valueAt, next);
    changes.push([key, value]);
    end = next;
  }
}

/** A snapshot is what would make the map of an empty one. */
export function* encodeSnapshot(map: SortedMap): Generator<Buffer, void> {
  let changes: Change[] = [];
  let bytes = 0;
  for (const { key, value } of map.entries()) {
    changes.push([key, value]);
    bytes += measure([key, value]);
    if (bytes < PIECE_BYTES) continue;
    yield encodeChanges(changes);
    changes = [];
    bytes = 0;
  }
  yield encodeChanges(changes);
}

/** The changes that it was made of, some at a time. */
export async function* decodeSnapshot(
  snapshot: Snapshot,
): AsyncGenerator<Change[]> {
  let pieces: Uint8Array[] = [];
  let [held, needed] = [0, 8];
  for await (const piece of snapshot) {
    pieces.push(piece);
    held += piece.length;
    if (held < needed) continue;
    const bytes = Buffer.concat(pieces);
    const decoded = decodeChanges(bytes);
    yield decoded.changes;
    pieces = [bytes.subarray(decoded.end)];
    held -= decoded.end;
    needed = decoded.needed;
  }
  if (held > 0) throw foreign("its snapshot");
}
