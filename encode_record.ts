import {
  MAX_FRAME_BYTES,
  RECORD_HEADER_BYTES,
} from "./storage/format/frame.ts";
import { RecordTooLargeError } from "./record_too_large_error.ts";

const encoder = new TextEncoder();

/** What a typed array says of its kind, whatever its prototype says. */
const kindOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/** Whether `value` is a `Uint8Array`, maybe of another realm. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && kindOf.call(value) === "Uint8Array";
}

/** Throws `TypeError` unless `record` is bytes or a string. */
export function requireRecord(record: unknown): Uint8Array | string {
  // This realm's first: on Bun the other question takes as long as the append.
  if (typeof record === "string" || record instanceof Uint8Array) return record;
  if (isBytes(record)) return record;
  throw refusal(record);
}

function refusal(record: unknown): TypeError {
  const type = record === null ? "null" : typeof record;
  return new TypeError(
    `Cannot append a record as it must be a Uint8Array or a string: received ${
      type === "object" ? Object.prototype.toString.call(record) : type
    }`,
  );
}

/** Bytes that `record` takes in a frame. Throws if no frame can hold it. */
export function measureRecord(record: Uint8Array | string): number {
  const length = typeof record === "string"
    ? utf8Length(record)
    : record.length;
  if (length + RECORD_HEADER_BYTES > MAX_FRAME_BYTES) {
    throw new RecordTooLargeError(
      length,
      MAX_FRAME_BYTES - RECORD_HEADER_BYTES,
    );
  }
  return length + RECORD_HEADER_BYTES;
}

/** Lays `record`, of `size` measured bytes, out at `at`. */
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
    encoder.encodeInto(record, into.subarray(at + RECORD_HEADER_BYTES));
  } else {
    into.set(record, at + RECORD_HEADER_BYTES);
  }
}

/** Lone surrogates count as the replacement character, as encoders write it. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const low = text.charCodeAt(index + 1);
    // A pair is 4 bytes in 2 units; as two lone ones it would be counted 6.
    if (low >= 0xdc00 && low <= 0xdfff) index++;
  }
  return length;
}
