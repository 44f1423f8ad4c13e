import { invariant } from "../../invariant.ts";
import { crc32Of } from "./crc32.ts";

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

/** Where the bytes begin that the checksum covers. */
export const CHECKED_FROM = 8;

/** The latest time that a frame can have, in ms since 1970. */
export const MAX_FRAME_TIME = 2 ** 48 - 1;

/**
 * The kinds of frames. All kinds except records have a `count` of 0. A mark
 * only declares what is synced; readers that do not know it skip it.
 */
export const KIND = { records: 0, seal: 1, hole: 2, mark: 128 } as const;

/** The first kind that a reader may skip if it does not know it. */
const FIRST_SKIPPED_KIND = 128;

/** Flags that a reader must know; the other four may be ignored. */
const REQUIRED_FLAGS = 0x0f;

/** Flag of a frame of records: the log's metadata follows the last one. */
export const META_FLAG = 0x01;

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
  /** 0, or `META_FLAG`. Default: 0. */
  flags?: number;
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
  view.setUint8(47, header.flags ?? 0);
  const checksum = crc32Of(view, CHECKED_FROM, end);
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

/** Bytes that were read together, and may hold many frames. */
export class FrameWindow {
  /** Where they begin in their segment, in bytes. */
  readonly offset: number;
  /** A view of them. */
  readonly view: DataView;
  readonly #bytes: Uint8Array;

  /** Takes the bytes at `offset`; copies nothing. */
  constructor(bytes: Uint8Array, offset = 0) {
    const { buffer, byteOffset, length } = bytes;
    this.offset = offset;
    this.view = new DataView(buffer, byteOffset, length);
    this.#bytes = bytes;
  }

  /** Length in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /** The bytes from `at` up to `end`; shares their memory. */
  part(at: number, end: number): Uint8Array {
    return this.#bytes.subarray(at, end);
  }

  /** Whether the bytes from `at` up to `end` are all zeros. */
  isZero(at: number, end: number): boolean {
    return this.part(at, end).every((byte) => byte === 0);
  }
}

/**
 * A frame whose checksum is right. Single records have a frame each, so it
 * makes no view of its payload before it is asked for one.
 */
export class Frame implements FrameHeader {
  /** The frame's own checksum. */
  readonly checksum: number;
  /** See {@linkcode FrameHeader}, as for all that is not described here. */
  readonly salt: number;
  readonly previous: number;
  readonly firstLsn: number;
  readonly syncedLsn: number;
  readonly count: number;
  readonly length: number;
  readonly time: number;
  readonly kind: number;
  /** Its flags; this version knows `META_FLAG`. */
  readonly flags: number;
  /** Where it begins in its segment, in bytes. */
  readonly offset: number;
  /** Bytes from the start of this frame to the start of the next. */
  readonly bytes: number;
  /** The records lost here, if the frame is a hole. */
  declare readonly hole?: Hole;
  readonly #window: FrameWindow;

  /** Takes a frame of `bytes` at `at`, all of which must be there. */
  constructor(window: FrameWindow, at: number, bytes: number) {
    const { view } = window;
    this.#window = window;
    this.checksum = view.getUint32(at + 4, true);
    this.salt = view.getUint32(at + 8, true);
    this.previous = view.getUint32(at + 12, true);
    this.firstLsn = getUint64(view, at + 16);
    this.syncedLsn = getUint64(view, at + 24);
    this.count = view.getUint32(at + 32, true);
    this.length = view.getUint32(at + 36, true);
    this.time = view.getUint32(at + 40, true) +
      view.getUint16(at + 44, true) * 2 ** 32;
    this.kind = view.getUint8(at + 46);
    this.flags = view.getUint8(at + 47);
    this.offset = window.offset + at;
    this.bytes = bytes;
    if (this.kind !== KIND.hole || this.flags & REQUIRED_FLAGS) return;
    const hole = decodeHole(this);
    if (hole !== undefined) this.hole = hole;
  }

  /** The bytes that it was read with. */
  get window(): FrameWindow {
    return this.#window;
  }

  /** Where its payload begins in {@linkcode Frame.window}. */
  get payloadAt(): number {
    return this.offset - this.#window.offset + FRAME_HEADER_BYTES;
  }

  /** The records and their lengths; shares memory with the bytes read. */
  get payload(): Uint8Array {
    const at = this.payloadAt;
    return this.#window.part(at, at + this.length);
  }
}

/** Whether a frame is a seal: everything before it is synced. */
export function isSeal({ kind }: Pick<Frame, "kind">): boolean {
  return kind === KIND.seal;
}

/** The feature of a frame that this version does not know, if any. */
export function unknownFeature(
  { kind, flags }: Pick<Frame, "kind" | "flags">,
): string | undefined {
  const known = kind === KIND.records ? META_FLAG : 0;
  if (flags & REQUIRED_FLAGS & ~known) return `frame flags ${hexByte(flags)}`;
  const isKnown = kind <= KIND.hole || kind >= FIRST_SKIPPED_KIND;
  return isKnown ? undefined : `frame kind ${kind}`;
}

/** Number of entries in a frame of records: its records, and metadata. */
export function entriesOf(frame: Pick<Frame, "count" | "flags">): number {
  return frame.flags & META_FLAG ? frame.count + 1 : frame.count;
}

/** Number of LSNs that a frame takes, for records present or lost. */
export function lsnsOf({ kind, count, hole }: Frame): number {
  return kind === KIND.records ? count : hole?.lost ?? 0;
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
 * Decodes the frame at `at` in a window, and trusts nothing in it: every length
 * is bounded before it is used. `actual` is the checksum of its bytes, if the
 * caller has computed it.
 */
export function decodeFrame(
  window: FrameWindow,
  at: number,
  actual?: number,
): Frame | FrameFault {
  const { view } = window;
  const left = view.byteLength - at;
  if (left < FRAME_HEADER_BYTES) return cutFault(window, at);
  const magic = view.getUint32(at, true);
  if (magic !== FRAME_MAGIC) return magicFault(window, at, magic);
  const length = view.getUint32(at + 36, true);
  if (length > MAX_FRAME_BYTES) {
    return fault("length", `at most ${MAX_FRAME_BYTES} bytes`, `${length}`);
  }
  const bytes = frameBytes(length);
  if (left < bytes) return shortFault(bytes, left);
  const checksum = view.getUint32(at + 4, true);
  actual ??= crc32Of(view, at + CHECKED_FROM, at + bytes);
  if (checksum !== actual) return fault("checksum", hex(checksum), hex(actual));
  const frame = new Frame(window, at, bytes);
  const { firstLsn, count, kind } = frame;
  if (!Number.isSafeInteger(firstLsn + (count - 1))) {
    return fault("length", "a safe integer as LSN", `${firstLsn}`);
  }
  // A reader must not judge the content of a frame that it does not know.
  if (unknownFeature(frame) !== undefined || kind > KIND.hole) return frame;
  const isFilled = entriesOf(frame) * RECORD_HEADER_BYTES <= length;
  if (!isFilled || (kind === KIND.records) !== (count > 0)) {
    return fault(
      "records",
      "a kind that fits the count, and at least 4 bytes per record",
      `kind ${kind}, ${count} records in ${length} bytes`,
    );
  }
  if (kind !== KIND.hole || frame.hole !== undefined) return frame;
  return fault(
    "records",
    `a hole of ${HOLE_BYTES} bytes that declares what it skips synced`,
    `${length} bytes and no record`,
  );
}

function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** Formats a checksum or salt for messages. */
export function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/** Why no frame begins where there are fewer bytes than a header has. */
function cutFault(window: FrameWindow, at: number): FrameFault {
  const left = window.length - at;
  if (left === 0) return fault("end", "a frame", "the end");
  return window.isZero(at, window.length)
    ? fault("zeros", "a frame", "zeros")
    : shortFault(FRAME_HEADER_BYTES, left);
}

function magicFault(
  window: FrameWindow,
  at: number,
  magic: number,
): FrameFault {
  return window.isZero(at, at + FRAME_HEADER_BYTES)
    ? fault("zeros", "a frame", "zeros")
    : fault("magic", hex(FRAME_MAGIC), hex(magic));
}

function shortFault(needed: number, left: number): FrameFault {
  return { ...fault("short", `${needed} bytes`, `${left}`), needed };
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
  { length, window: { view }, payloadAt, firstLsn, syncedLsn }: Frame,
): Hole | undefined {
  if (length !== HOLE_BYTES) return undefined;
  const resumes = view.getUint32(payloadAt, true);
  const lost = getUint64(view, payloadAt + 4);
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
