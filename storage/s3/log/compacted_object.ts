import { invariant } from "../../../invariant.ts";
import { crc32Of } from "../../format/crc32.ts";
import { getUint64, hex, setUint64 } from "../../format/frame.ts";
import type { CompactedRange } from "./slot_keys.ts";
import {
  decodeSlot,
  hexOf,
  type LogId,
  peekSlot,
  SLOT_HEADER_BYTES,
  SLOT_KIND,
  SlotContent,
  type SlotFault,
} from "./slot_object.ts";

/*
 * The objects of frames and holes of a run of slots, unchanged and one after the
 * other, after an index with an entry for about every 64 KiB:
 *
 *  0        4         8          24         32          40         48
 *  +--------+---------+----------+----------+-----------+----------+---------+
 *  | magic  | checksum| log (16) | lastSlot | firstSlot | firstLsn | lastLsn |
 *  +--------+---------+----------+----------+-----------+----------+---------+
 *  56       64        68         72
 *  +--------+---------+----------+   then `entries` times firstLsn (8) and
 *  | epoch  | size    | entries  |   offset (4) of an object; then the objects.
 *  +--------+---------+----------+
 *
 *  Integers are little-endian. The checksum covers the head from 8 on, with the
 *  index; each object has its own.
 */

/** "SLC1". */
const MAGIC = 0x31434c53;

const FIXED_BYTES = 72;

const ENTRY_BYTES = 12;

/** Least distance between two objects in the index, in bytes. */
const STEP_BYTES = 64 * 1024;

/** Most objects in the index. */
const MOST_ENTRIES = 1024;

/** Most bytes before the first object. */
export const MAX_HEAD_BYTES = FIXED_BYTES + MOST_ENTRIES * ENTRY_BYTES;

/** The head of a compacted object. */
export interface CompactedHead extends CompactedRange {
  /** The highest epoch up to its last slot. */
  readonly epoch: number;
  /** Its size in bytes. */
  readonly size: number;
  /** LSNs of the first records of some of its objects, in ascending order. */
  readonly lsns: readonly number[];
  /** Where those objects begin, in bytes; the first one is the first of all. */
  readonly offsets: readonly number[];
}

/** What is known of an object to be compacted. */
export interface CompactedPart {
  /** LSN of its first record. */
  readonly firstLsn: number;
  /** The whole object. */
  readonly bytes: Uint8Array;
}

/** Encodes the parts, which hold the records of `range`, in order. */
export function encodeCompacted(
  log: LogId,
  range: CompactedRange & { readonly epoch: number },
  parts: readonly CompactedPart[],
): Uint8Array<ArrayBuffer> {
  const total = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const step = Math.max(STEP_BYTES, Math.ceil(total / (MOST_ENTRIES - 1)));
  const marked = markEvery(step, parts);
  invariant(marked.length <= MOST_ENTRIES, "an index that no reader accepts");
  const headBytes = FIXED_BYTES + marked.length * ENTRY_BYTES;
  const bytes = new Uint8Array(headBytes + total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  bytes.set(log, 8);
  setUint64(view, 24, range.lastSlot);
  setUint64(view, 32, range.firstSlot);
  setUint64(view, 40, range.firstLsn);
  setUint64(view, 48, range.lastLsn);
  setUint64(view, 56, range.epoch);
  view.setUint32(64, bytes.length, true);
  view.setUint32(68, marked.length, true);
  marked.forEach(({ firstLsn, at }, index) => {
    setUint64(view, FIXED_BYTES + index * ENTRY_BYTES, firstLsn);
    view.setUint32(FIXED_BYTES + index * ENTRY_BYTES + 8, headBytes + at, true);
  });
  view.setUint32(4, crc32Of(view, 8, headBytes), true);
  let at = headBytes;
  for (const part of parts) {
    bytes.set(part.bytes, at);
    at += part.bytes.length;
  }
  return bytes;
}

/** The first part, and each one that begins `step` bytes after the last. */
function markEvery(
  step: number,
  parts: readonly CompactedPart[],
): { readonly firstLsn: number; readonly at: number }[] {
  const marked: { firstLsn: number; at: number }[] = [];
  let at = 0;
  for (const { firstLsn, bytes } of parts) {
    const last = marked.at(-1);
    if (last === undefined || at >= last.at + step) {
      marked.push({ firstLsn, at });
    }
    at += bytes.length;
  }
  return marked;
}

/**
 * Decodes and checks the head at the start of `bytes`, which hold the first
 * {@linkcode MAX_HEAD_BYTES} of an object of `size` bytes, or all of it. `range`
 * is what its key says.
 */
export function decodeCompactedHead(
  bytes: Uint8Array,
  log: LogId,
  range: CompactedRange,
  size: number,
): CompactedHead | SlotFault {
  const { length } = bytes;
  if (length < FIXED_BYTES) return unlike("size", `${FIXED_BYTES}`, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) return unlike("magic", hex(MAGIC), hex(magic));
  const entries = view.getUint32(68, true);
  const headBytes = FIXED_BYTES + entries * ENTRY_BYTES;
  if (headBytes > Math.min(length, MAX_HEAD_BYTES)) {
    return unlike("entries", `at most ${MOST_ENTRIES}`, entries);
  }
  const checksum = crc32Of(view, 8, headBytes);
  const found = view.getUint32(4, true);
  if (checksum !== found) return unlike("checksum", hex(checksum), hex(found));
  if (!log.every((byte, index) => bytes[8 + index] === byte)) {
    return unlike("log", hexOf(log), hexOf(bytes.subarray(8, 24)));
  }
  const numbers = [24, 32, 40, 48].map((at) => getUint64(view, at)).join("-");
  const { lastSlot, firstSlot, firstLsn, lastLsn } = range;
  const expected = [lastSlot, firstSlot, firstLsn, lastLsn].join("-");
  if (numbers !== expected) return unlike("range", expected, numbers);
  const whole = view.getUint32(64, true);
  if (whole !== size) return unlike("size", `${whole}`, size);
  const lsns: number[] = [];
  const offsets: number[] = [];
  for (let at = FIXED_BYTES; at < headBytes; at += ENTRY_BYTES) {
    lsns.push(getUint64(view, at));
    offsets.push(view.getUint32(at + 8, true));
  }
  return { ...range, epoch: getUint64(view, 56), size, lsns, offsets };
}

/** Decodes and checks the object at `at`; `bytes` may go on after it. */
export function decodePart(
  bytes: Uint8Array,
  at: number,
  log: LogId,
): { readonly content: SlotContent; readonly size: number } | SlotFault {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const left = bytes.length - at;
  if (left < SLOT_HEADER_BYTES) {
    return unlike("size", `at least ${SLOT_HEADER_BYTES}`, left);
  }
  const { slot, size } = peekSlot(view, at);
  if (size > left) return unlike("size", `${size}`, left);
  const content = decodeSlot(bytes.subarray(at, at + size), log, slot);
  if ("fault" in content) return content;
  const isPart = content instanceof SlotContent &&
    content.header.kind !== SLOT_KIND.mark;
  return isPart ? { content, size } : unlike("kind", "0 or 1", "another");
}

function unlike(
  what: string,
  expected: string,
  found: string | number,
): SlotFault {
  return { fault: `${what}: expected ${expected}, found ${found}` };
}
