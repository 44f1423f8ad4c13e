import { invariant } from "../../invariant.ts";
import { crc32 } from "./crc32.ts";

/*
 *  0        4        8       12       16         24         32      36
 *  +--------+--------+--------+--------+----------+----------+-------+------+
 *  | magic  |checksum| salt   |previous| firstLsn |syncedLsn | count |length|
 *  +--------+--------+--------+--------+----------+----------+-------+------+
 *  40             46     47      48
 *  +--------------+------+-------+   then `length` bytes: records, each a u32
 *  | time (6 B)   | kind | flags |   length and its bytes, or the payload of
 *  +--------------+------+-------+   another kind; then zeros up to a multiple
 *                                    of 8. The checksum covers all from 8 on.
 */

/** Bytes of a frame's header. */
export const FRAME_HEADER_BYTES = 48;

/** The latest time that a frame can have, in ms since 1970. */
export const MAX_FRAME_TIME = 2 ** 48 - 1;

/** The kinds of frames. All kinds except records have a `count` of 0. */
export const KIND = { records: 0, seal: 1, hole: 2 } as const;

/** The first kind that a reader may skip if it does not know it. */
const FIRST_SKIPPED_KIND = 128;

/** Flags that a reader must know; the other four may be ignored. */
const REQUIRED_FLAGS = 0x0f;

/** Bytes that each record takes in addition to its content. */
export const RECORD_HEADER_BYTES = 4;

/** Maximum bytes of records and their lengths in one frame. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** The first four bytes of a frame, "SLF1". */
export const FRAME_MAGIC = 0x31464c53;

/** The header of a frame. */
export interface FrameHeader {
  /** The segment's salt, which distinguishes its frames from stale ones. */
  salt: number;
  /** Checksum of the previous frame, across segments; 0 for the first one. */
  previous: number;
  /** LSN of the first record. */
  firstLsn: number;
  /** The highest LSN known to be synced when this frame was written. */
  syncedLsn: number;
  /** Number of records; 0 unless the kind is `KIND.records`. */
  count: number;
  /** Bytes of the records and their lengths, without padding. */
  length: number;
  /** When it was written, in ms since 1970; never decreases in a log. */
  time: number;
  /** One of `KIND`, or a number that this version does not know. */
  kind: number;
}

/** Bytes on storage of a frame that holds `length` bytes of records. */
export function frameBytes(length: number): number {
  return FRAME_HEADER_BYTES + length + 7 & ~7;
}

/**
 * Completes the frame at the start of `bytes`, whose records are already at
 * {@linkcode FRAME_HEADER_BYTES}, with header, padding and checksum. Returns
 * the checksum.
 */
export function encodeFrame(bytes: Uint8Array, header: FrameHeader): number {
  invariant(header.length <= MAX_FRAME_BYTES, "a frame that no reader accepts");
  const end = frameBytes(header.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, end);
  bytes.fill(0, FRAME_HEADER_BYTES + header.length, end);
  view.setUint32(0, FRAME_MAGIC, true);
  view.setUint32(8, header.salt, true);
  view.setUint32(12, header.previous, true);
  setUint64(view, 16, header.firstLsn);
  setUint64(view, 24, header.syncedLsn);
  view.setUint32(32, header.count, true);
  view.setUint32(36, header.length, true);
  view.setUint32(40, header.time >>> 0, true);
  view.setUint16(44, Math.floor(header.time / 2 ** 32), true);
  view.setUint8(46, header.kind);
  view.setUint8(47, 0);
  const checksum = crc32(bytes.subarray(8, end));
  view.setUint32(4, checksum, true);
  return checksum;
}

/** Makes a whole frame around `payload`; returns it and its checksum. */
export function makeFrame(
  payload: Uint8Array,
  header: Omit<FrameHeader, "length">,
): { bytes: Uint8Array; checksum: number } {
  const { length } = payload;
  const bytes = new Uint8Array(frameBytes(length));
  bytes.set(payload, FRAME_HEADER_BYTES);
  return { bytes, checksum: encodeFrame(bytes, { ...header, length }) };
}

/** A frame whose checksum is right. */
export interface Frame extends FrameHeader {
  /** The frame's own checksum. */
  checksum: number;
  /** Its flags; this version knows none. */
  flags: number;
  /** Bytes from the start of this frame to the start of the next. */
  bytes: number;
  /** The records and their lengths; shares memory with the bytes read. */
  payload: Uint8Array;
  /** The records lost here, if the frame is a hole. */
  hole?: Hole;
}

/** Whether a frame is a seal: everything before it is synced. */
export function isSeal({ kind }: Frame): boolean {
  return kind === KIND.seal;
}

/** The feature of a frame that this version does not know, if any. */
export function unknownFeature(
  { kind, flags }: Pick<Frame, "kind" | "flags">,
): string | undefined {
  if (flags & REQUIRED_FLAGS) return `frame flags ${hexByte(flags)}`;
  const isKnown = kind <= KIND.hole || kind >= FIRST_SKIPPED_KIND;
  return isKnown ? undefined : `frame kind ${kind}`;
}

/** Number of LSNs that a frame takes, for records present or lost. */
export function lsnsOf({ kind, count, hole }: Frame): number {
  return hole?.lost ?? (kind === KIND.records ? count : 0);
}

/** Why no frame could be read at a place. */
export interface FrameFault {
  /**
   * - `"end"`: there are no bytes;
   * - `"zeros"`: the header is all zeros, written ahead of need;
   * - `"short"`: the bytes end before the frame does;
   * - `"magic"`, `"length"`, `"checksum"`, `"records"`: the frame is damaged;
   * - `"link"`: it is whole, but not the next one.
   */
  fault:
    | "end"
    | "zeros"
    | "short"
    | "magic"
    | "length"
    | "checksum"
    | "records"
    | "link";
  /** What the reader expected, for a message. */
  expected: string;
  /** What it found, for a message. */
  found: string;
  /** Bytes that the frame would need, if `fault` is `"short"`. */
  needed?: number;
}

/**
 * Decodes the frame at the start of `bytes` and trusts nothing in it: every
 * length is bounded before it is used.
 */
export function decodeFrame(bytes: Uint8Array): Frame | FrameFault {
  if (bytes.length === 0) return fault("end", "a frame", "the end");
  if (bytes.length < FRAME_HEADER_BYTES) {
    if (bytes.every((byte) => byte === 0)) {
      return fault("zeros", "a frame", "zeros");
    }
    return {
      ...fault("short", `${FRAME_HEADER_BYTES} bytes`, `${bytes.length}`),
      needed: FRAME_HEADER_BYTES,
    };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  const magic = view.getUint32(0, true);
  if (magic !== FRAME_MAGIC) return magicFault(bytes, magic);
  const length = view.getUint32(36, true);
  const count = view.getUint32(32, true);
  if (length > MAX_FRAME_BYTES) {
    return fault("length", `at most ${MAX_FRAME_BYTES} bytes`, `${length}`);
  }
  const end = frameBytes(length);
  if (bytes.length < end) {
    return {
      ...fault("short", `${end} bytes`, `${bytes.length}`),
      needed: end,
    };
  }
  const checksum = view.getUint32(4, true);
  const actual = crc32(bytes.subarray(8, end));
  if (checksum !== actual) return fault("checksum", hex(checksum), hex(actual));
  const firstLsn = getUint64(view, 16);
  if (!Number.isSafeInteger(firstLsn + (count - 1))) {
    return fault("length", "a safe integer as LSN", `${firstLsn}`);
  }
  const frame: Frame = {
    checksum,
    salt: view.getUint32(8, true),
    previous: view.getUint32(12, true),
    firstLsn,
    syncedLsn: getUint64(view, 24),
    count,
    length,
    time: view.getUint32(40, true) + view.getUint16(44, true) * 2 ** 32,
    kind: view.getUint8(46),
    flags: view.getUint8(47),
    bytes: end,
    payload: bytes.subarray(
      FRAME_HEADER_BYTES,
      FRAME_HEADER_BYTES + length,
    ),
  };
  // A reader must not judge the content of a frame that it does not know.
  if (unknownFeature(frame) !== undefined || frame.kind > KIND.hole) {
    return frame;
  }
  const isFilled = count * RECORD_HEADER_BYTES <= length;
  if (!isFilled || (frame.kind === KIND.records) !== (count > 0)) {
    return fault(
      "records",
      "a kind that fits the count, and at least 4 bytes per record",
      `kind ${frame.kind}, ${count} records in ${length} bytes`,
    );
  }
  return frame.kind === KIND.hole ? withHole(frame) : frame;
}

function withHole(frame: Frame): Frame | FrameFault {
  const hole = decodeHole(frame.payload, frame);
  if (hole !== undefined) return { ...frame, hole };
  return fault(
    "records",
    `a hole of ${HOLE_BYTES} bytes that declares what it skips synced`,
    `${frame.length} bytes and no record`,
  );
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** Formats a checksum or salt for messages. */
export function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function magicFault(bytes: Uint8Array, magic: number): FrameFault {
  const header = bytes.subarray(0, FRAME_HEADER_BYTES);
  if (header.every((byte) => byte === 0)) {
    return fault("zeros", "a frame", "zeros");
  }
  return fault("magic", hex(FRAME_MAGIC), hex(magic));
}

function fault(
  fault: FrameFault["fault"],
  expected: string,
  found: string,
): FrameFault {
  return { fault, expected, found };
}

/*
 *  0          4        12
 *  +----------+--------+   the payload of a hole
 *  | resumes  | lost   |
 *  +----------+--------+
 */

/** Bytes of a hole's payload. */
export const HOLE_BYTES = 12;

/** Records that are lost for good, because a repair continued without them. */
export interface Hole {
  /** Checksum that the next frame has as its `previous`. */
  resumes: number;
  /** Number of lost records; 0 if the hole only reconnects the chain. */
  lost: number;
}

/** Lays out the payload of a hole. */
export function encodeHole({ resumes, lost }: Hole): Uint8Array {
  const bytes = new Uint8Array(HOLE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, resumes, true);
  setUint64(view, 4, lost);
  return bytes;
}

/**
 * Decodes a hole; `undefined` if the payload is not one. Its frame must declare
 * everything that it skips synced, so that the count is there twice.
 */
function decodeHole(
  payload: Uint8Array,
  { firstLsn, syncedLsn }: Pick<FrameHeader, "firstLsn" | "syncedLsn">,
): Hole | undefined {
  if (payload.length !== HOLE_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, HOLE_BYTES);
  const resumes = view.getUint32(0, true);
  const lost = getUint64(view, 4);
  const last = firstLsn + lost - 1;
  return Number.isSafeInteger(last) && syncedLsn === last
    ? { resumes, lost }
    : undefined;
}

/** Writes `value`, a safe integer of at least 0, as 8 bytes, little-endian. */
export function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

/** Reads what {@linkcode setUint64} wrote; may exceed safe integers. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
