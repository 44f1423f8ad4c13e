import { MAX_FRAME_BYTES, RECORD_HEADER_BYTES } from "../storage/format/mod.ts";
import type { AckLevel } from "./acks.ts";
import { utf8 } from "./utf8.ts";

/** A record as read back. */
export interface LogRecord {
  /** The record's number. */
  lsn: number;
  /** Its bytes. They share memory with other records: copy one to keep it. */
  data: Uint8Array<ArrayBuffer>;
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

/** Throws `TypeError` unless `record` is bytes or a string. */
export function requireRecord(record: unknown): Uint8Array | string {
  // This realm first: on Bun, the other check takes as long as an append.
  if (typeof record === "string" || record instanceof Uint8Array) return record;
  if (isBytes(record)) return record;
  throw refusal(record);
}

function refusal(record: unknown): TypeError {
  const type = record === null ? "null" : typeof record;
  return new TypeError(
    `Cannot append a record because it must be a Uint8Array or a string: ` +
      `received ${
        type === "object" ? Object.prototype.toString.call(record) : type
      }`,
  );
}

/** Bytes that `record` takes in a frame. Throws if no frame can hold it. */
export function measureRecord(record: Uint8Array | string): number {
  const length = typeof record === "string"
    ? utf8.measure(record)
    : record.length;
  if (length + RECORD_HEADER_BYTES > MAX_FRAME_BYTES) {
    throw new RecordTooLargeError(
      length,
      MAX_FRAME_BYTES - RECORD_HEADER_BYTES,
    );
  }
  return length + RECORD_HEADER_BYTES;
}

/** Writes `record`, of `size` measured bytes, to `into` at `at`. */
export function encodeRecord(
  into: Uint8Array,
  at: number,
  record: Uint8Array | string,
  size: number,
): void {
  const length = size - RECORD_HEADER_BYTES;
  into[at] = length;
  into[at + 1] = length >>> 8;
  into[at + 2] = length >>> 16;
  into[at + 3] = length >>> 24;
  if (typeof record === "string") {
    utf8.write(into, at + RECORD_HEADER_BYTES, record, length);
  } else {
    into.set(record, at + RECORD_HEADER_BYTES);
  }
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

/** Checks and measures records that must share a frame. */
export function makeRequest(
  records: Iterable<Uint8Array | string>,
  level: AckLevel,
): AppendRequest {
  const list = [...requireIterable(records)];
  if (list.length === 0) {
    throw new RangeError(
      "Cannot append a batch because it must hold a record: received none",
    );
  }
  const sizes: number[] = [];
  let bytes = 0;
  for (const record of list) {
    const size = measureRecord(requireRecord(record));
    sizes.push(size);
    bytes += size;
  }
  if (bytes > MAX_FRAME_BYTES) {
    throw new RecordTooLargeError(bytes, MAX_FRAME_BYTES);
  }
  return { records: list, sizes, bytes, level };
}

/** Throws `TypeError` unless `records` is an iterable other than bytes. */
export function requireIterable<T>(records: Iterable<T>): Iterable<T> {
  const iterable = typeof records === "object" && records !== null &&
    Symbol.iterator in records && !isBytes(records);
  if (iterable) return records;
  throw new TypeError(
    "Cannot append a batch because it must be an iterable of records: " +
      `received ${isBytes(records) ? "a Uint8Array" : typeof records}`,
  );
}

/** Records that are queued together, as one frame. */
export interface AppendRequest {
  /** The records. */
  records: (Uint8Array | string)[];
  /** Measured bytes of each. */
  sizes: number[];
  /** Sum of `sizes`. */
  bytes: number;
  /** What must be true when they are acknowledged. */
  level: AckLevel;
}
