import { mustBe } from "../argument.ts";
import { invariant } from "../invariant.ts";
import {
  MAX_FRAME_BYTES,
  measureMeta,
  RECORD_HEADER_BYTES,
} from "../storage/format/mod.ts";
import type { AckLevel } from "./acks.ts";

/**
 * What can be appended: bytes, a string, which is encoded as UTF-8, or an array
 * of such pieces, which together are one record. Each string is encoded on its
 * own, so a surrogate pair must not be split between two.
 */
export type RecordInput =
  | Uint8Array
  | string
  | readonly (Uint8Array | string)[];

/** A record as read back. */
export interface LogRecord<Out = Uint8Array<ArrayBuffer>> {
  /** The record's number. */
  lsn: number;
  /**
   * Its bytes, or what the codec of the log made of them. Bytes share memory
   * with other records: copy them to keep them.
   */
  data: Out;
}

/** A contiguous range of LSNs, as assigned by `appendBatch`. */
export interface LsnRange {
  /** LSN of the first record. */
  first: number;
  /** LSN of the last record. */
  last: number;
}

/** The `length` LSNs up to `last`. */
export function rangeTo(last: number, length: number): LsnRange {
  return { first: last - length + 1, last };
}

/** The true type of a typed array, whatever its prototype says. */
const kindOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/** Whether `value` is a `Uint8Array`, possibly from another realm. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && kindOf.call(value) === "Uint8Array";
}

/** Throws `TypeError` unless `record` is bytes, a string or pieces. */
export function requireRecord(
  record: unknown,
  what = "a record",
): RecordInput {
  // This realm first: on Bun, the other check takes as long as an append.
  if (typeof record === "string" || record instanceof Uint8Array) return record;
  if (isBytes(record)) return record;
  if (Array.isArray(record)) return requirePieces(record, what);
  const rule = "a Uint8Array, a string or an array of these";
  throw refusal(what, rule, record);
}

function requirePieces(
  pieces: unknown[],
  what: string,
): (Uint8Array | string)[] {
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index];
    if (typeof piece === "string" || piece instanceof Uint8Array) continue;
    if (isBytes(piece)) continue;
    const rule = "a Uint8Array or a string";
    throw refusal(what, rule, piece, `piece [${index}]`);
  }
  return pieces as (Uint8Array | string)[];
}

/** Whether a record is an array of pieces. */
function isInPieces(
  record: RecordInput,
): record is readonly (Uint8Array | string)[] {
  return Array.isArray(record);
}

/** Shows what kind of value it is, but not its contents. */
function refusal(
  what: string,
  rule: string,
  value: unknown,
  name = "it",
): TypeError {
  const shown = value === undefined || value === null
    ? String(value)
    : Object.prototype.toString.call(value);
  return new TypeError(
    `Cannot append ${what} because ${mustBe(name, rule, shown)}`,
  );
}

/** Bytes that `record` takes in a frame. Throws if no frame can hold it. */
export function measureRecord(record: RecordInput): number {
  const length = typeof record === "string"
    ? utf8.measure(record)
    : isInPieces(record)
    ? measurePieces(record)
    : record.length;
  if (length + RECORD_HEADER_BYTES > MAX_FRAME_BYTES) {
    throw new RecordTooLargeError(
      length,
      MAX_FRAME_BYTES - RECORD_HEADER_BYTES,
    );
  }
  return length + RECORD_HEADER_BYTES;
}

function measurePieces(pieces: readonly (Uint8Array | string)[]): number {
  let length = 0;
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index];
    length += typeof piece === "string" ? utf8.measure(piece) : piece.length;
  }
  return length;
}

/** Writes `record`, of `size` measured bytes, to `into` at `at`. */
export function encodeRecord(
  into: Uint8Array,
  at: number,
  record: RecordInput,
  size: number,
): void {
  const length = size - RECORD_HEADER_BYTES;
  into[at] = length;
  into[at + 1] = length >>> 8;
  into[at + 2] = length >>> 16;
  into[at + 3] = length >>> 24;
  if (typeof record === "string") {
    utf8.write(into, at + RECORD_HEADER_BYTES, record, length);
  } else if (isInPieces(record)) {
    const end = writePieces(into, at + RECORD_HEADER_BYTES, record);
    invariant(end === at + size, "pieces of another length than measured");
  } else {
    into.set(record, at + RECORD_HEADER_BYTES);
  }
}

/** Writes them one after the other; returns where they end. */
function writePieces(
  into: Uint8Array,
  at: number,
  pieces: readonly (Uint8Array | string)[],
): number {
  let end = at;
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index];
    if (typeof piece === "string") {
      const length = utf8.measure(piece);
      utf8.write(into, end, piece, length);
      end += length;
    } else {
      into.set(piece, end);
      end += piece.length;
    }
  }
  return end;
}

/** A copy of `record`, of `size` measured bytes; strings need none. */
export function copyRecord(
  record: RecordInput,
  size: number,
): Uint8Array | string {
  if (typeof record === "string") return record;
  const copy = new Uint8Array(size - RECORD_HEADER_BYTES);
  if (isInPieces(record)) writePieces(copy, 0, record);
  else copy.set(record);
  return copy;
}

/** A record or batch does not fit into a frame; nothing was queued. */
export class RecordTooLargeError extends RangeError {
  /** The class's name. */
  override readonly name = "RecordTooLargeError";

  /** Thrown by `append`, `enqueue` and `appendBatch`. */
  constructor(
    /** Bytes of the record, or of the batch including 4 for each record. */
    readonly bytes: number,
    /** Maximum number of bytes. */
    readonly limitBytes: number,
  ) {
    super(
      `Cannot append ${bytes} bytes at once because a frame holds at most ` +
        `${limitBytes}`,
    );
  }
}

/**
 * Measures records that must share a frame; `toRecord` makes and checks each of
 * them.
 */
export function makeRequest<In>(
  values: Iterable<In>,
  toRecord: (value: In) => RecordInput,
  { level, expect, signal, meta }: Demands,
): AppendRequest {
  const list = [...requireIterable(values)];
  if (list.length === 0) {
    const rule = mustBe("it", "an iterable of at least one record", "none");
    throw new RangeError(`Cannot append a batch because ${rule}`);
  }
  const records = list as RecordInput[];
  const sizes: number[] = [];
  let bytes = meta === undefined ? 0 : measureMeta(meta);
  for (let index = 0; index < list.length; index++) {
    const record = toRecord(list[index]);
    const size = measureRecord(record);
    // In place, because another list would cost as much as a record.
    records[index] = record;
    sizes.push(size);
    bytes += size;
  }
  if (bytes > MAX_FRAME_BYTES) {
    throw new RecordTooLargeError(bytes, MAX_FRAME_BYTES);
  }
  const count = records.length;
  return { count, records, sizes, bytes, level, expect, signal, meta };
}

/** Throws `TypeError` unless `records` is an iterable other than bytes. */
export function requireIterable<T>(records: Iterable<T>): Iterable<T> {
  const iterable = typeof records === "object" && records !== null &&
    Symbol.iterator in records && !isBytes(records);
  if (iterable) return records;
  throw refusal("a batch", "an iterable of records", records);
}

/** What an append asks for, in addition to its records. */
export interface Demands {
  /** What must be true when they are acknowledged. */
  level: AckLevel;
  /** LSN that the first record must get, if it matters. */
  expect?: number | undefined;
  /** Takes the records back while they wait for room. */
  signal?: AbortSignal | undefined;
  /** The log's metadata from the last record on. */
  meta?: Uint8Array<ArrayBuffer> | undefined;
}

/** Records that are laid out as a frame holds them, by somebody else. */
export interface RecordBlock {
  /** Each record, after its length; nobody changes them any more. */
  readonly bytes: Uint8Array;
  /** Whether they must share a frame. */
  readonly isAtomic: boolean;
}

/** Records that are queued together, as one frame unless they are a block. */
export interface AppendRequest extends Demands {
  /** Number of records. */
  count: number;
  /** The records; none if they are a block. */
  records: RecordInput[];
  /** Measured bytes of each. */
  sizes: number[];
  /** The records, if they are laid out already. */
  block?: RecordBlock | undefined;
  /** Sum of `sizes`, and of what the metadata take. */
  bytes: number;
}

/** What is used here of the `Buffer` that Node, Deno and Bun have. */
export interface NativeBuffer {
  byteLength(text: string): number;
  readonly prototype: { readonly utf8Write: Utf8Write };
}

/** Writes at an offset, without the view that `encodeInto` needs. */
type Utf8Write = (
  this: Uint8Array,
  text: string,
  at: number,
  length: number,
) => number;

/** Strings of at most this length are faster in a loop than in a call. */
const LOOP_UNITS = 32;

const encoder = new TextEncoder();

/**
 * Strings as UTF-8, where a lone surrogate is U+FFFD, as for `TextEncoder`.
 * Uses a runtime's `Buffer`, because it measures without a loop in JavaScript.
 */
export class Utf8 {
  readonly #byteLength: ((text: string) => number) | undefined;
  readonly #write: Utf8Write | undefined;

  /** Relies on `native` only if a trial shows what it does. */
  constructor(native: Partial<NativeBuffer> | undefined) {
    if (native === undefined || !isSound(native)) return;
    this.#byteLength = native.byteLength;
    this.#write = native.prototype.utf8Write;
  }

  /** Bytes that `text` takes. */
  measure(text: string): number {
    const byteLength = this.#byteLength;
    return byteLength === undefined ? utf8Length(text) : byteLength(text);
  }

  /** Writes `text`, of `length` measured bytes, to `into` at `at`. */
  write(into: Uint8Array, at: number, text: string, length: number): void {
    const written = text.length <= LOOP_UNITS
      ? writeShort(into, at, text)
      : this.#write === undefined
      ? encoder.encodeInto(text, into.subarray(at, at + length)).written
      : this.#write.call(into, text, at, length);
    invariant(written === length, "a string of another length than measured");
  }
}

/** That of this runtime. */
export const utf8: Utf8 = new Utf8(
  (globalThis as { Buffer?: Partial<NativeBuffer> }).Buffer,
);

/** `utf8Write` is in all three runtimes, but in no documentation. */
function isSound(native: Partial<NativeBuffer>): native is NativeBuffer {
  const { byteLength, prototype } = native;
  if (typeof byteLength !== "function") return false;
  if (typeof prototype?.utf8Write !== "function") return false;
  const text = "x\u00e9\u20ac\ud83d\ude00\ud800y\udc00";
  const bytes = encoder.encode(text);
  const into = new Uint8Array(bytes.length + 2);
  try {
    return byteLength(text) === bytes.length &&
      prototype.utf8Write.call(into, text, 1, bytes.length) === bytes.length &&
      `${into}` === `0,${bytes},0`;
  } catch {
    return false;
  }
}

/** A lone surrogate counts as U+FFFD, which encoders write in its place. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const low = text.charCodeAt(index + 1);
    // A pair is 4 bytes in 2 units; counted as two lone ones, it would be 6.
    if (low >= 0xdc00 && low <= 0xdfff) index++;
  }
  return length;
}

/** Returns how many bytes it wrote. */
function writeShort(into: Uint8Array, at: number, text: string): number {
  let end = at;
  for (let index = 0; index < text.length; index++) {
    let unit = text.charCodeAt(index);
    if (unit < 0x80) {
      into[end++] = unit;
      continue;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const low = unit < 0xdc00 ? text.charCodeAt(index + 1) : 0;
      const isPair = low >= 0xdc00 && low <= 0xdfff;
      unit = isPair ? (unit << 10) + low - 0x35fdc00 : 0xfffd;
      if (isPair) index++;
    }
    if (unit < 0x800) into[end++] = 0xc0 | unit >> 6;
    else {
      if (unit < 0x10000) into[end++] = 0xe0 | unit >> 12;
      else {
        into[end++] = 0xf0 | unit >> 18;
        into[end++] = 0x80 | unit >> 12 & 0x3f;
      }
      into[end++] = 0x80 | unit >> 6 & 0x3f;
    }
    into[end++] = 0x80 | unit & 0x3f;
  }
  return end - at;
}
