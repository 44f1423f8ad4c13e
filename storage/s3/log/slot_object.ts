import { invariant } from "../../../invariant.ts";
import { crc32Of } from "../../format/crc32.ts";
import {
  FrameWindow,
  getUint64,
  hex,
  MAX_FRAME_BYTES,
  META_FLAG,
  RECORD_HEADER_BYTES,
  setUint64,
} from "../../format/frame.ts";
import { encodeMeta, type LogMeta } from "../../format/log_meta.ts";
import {
  faultOfRecords,
  FrameRecords,
  metaOf,
  type RecordBytes,
} from "../../format/records.ts";

/*
 *  0        4        8          24        32       40          46     47     48
 *  +--------+--------+----------+---------+--------+-----------+------+------+
 *  | magic  |checksum| log (16) | epoch   | slot   | time (6)  | kind | flags|
 *  +--------+--------+----------+---------+--------+-----------+------+------+
 *  A fence ends here. All others go on:
 *  48         56        64          72             80
 *  +----------+---------+-----------+--------------+
 *  | firstLsn | count   | firstSlot | metaVersion  |
 *  +----------+---------+-----------+--------------+
 *  80        88        96         104         112      120        128      136
 *  +---------+---------+----------+-----------+--------+----------+--------+
 *  | settled | lastLsn | firstLsn | firstSlot | time   | metaSlot |metaVer.|
 *  +---------+---------+----------+-----------+--------+----------+--------+
 *  136      140       144
 *  +--------+---------+   then `length` bytes: entries, each a u32 length and
 *  | length | checksum|   its bytes: the records, and the metadata if
 *  +--------+---------+   metaVersion is not 0.
 *
 *  Integers are little-endian, of 8 bytes unless said otherwise. The first
 *  checksum covers the header from 8 on, so that a header can be read alone;
 *  the second one covers the entries.
 */

/** The kinds of objects in slots. */
export const SLOT_KIND = { frame: 0, hole: 1, mark: 2, fence: 3 } as const;

/** A kind of object in a slot. */
export type SlotKind = (typeof SLOT_KIND)[keyof typeof SLOT_KIND];

/** Bytes of a fence. Every other object is larger. */
export const FENCE_BYTES = 48;

/** Bytes of the header of every other object. */
export const SLOT_HEADER_BYTES = 144;

/** "SLO1". */
const MAGIC = 0x314f4c53;

/** A log's 16 bytes of identity. */
export type LogId = Uint8Array<ArrayBuffer>;

/** What is true of a log after one of its slots. */
export interface SettledState {
  /** The slot: all up to it are stored, and final. 0 before the first one. */
  readonly slot: number;
  /** LSN of the last record, or `firstLsn - 1` if there is none. */
  readonly lastLsn: number;
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
  /**
   * A slot whose object counts, and from which on all records kept are found;
   * 1 if nothing was ever dropped.
   */
  readonly firstSlot: number;
  /** The latest time of an object that counts, in ms since 1970. */
  readonly time: number;
  /** The slot of the newest metadata; 0 if there is none. */
  readonly metaSlot: number;
  /** The version of the newest metadata; 0 if there is none. */
  readonly metaVersion: number;
}

/** A log before its first slot. */
export function emptyState(firstLsn: number): SettledState {
  return {
    slot: 0,
    lastLsn: firstLsn - 1,
    firstLsn,
    firstSlot: 1,
    time: 0,
    metaSlot: 0,
    metaVersion: 0,
  };
}

/** What all objects in slots say. */
interface SlotBase {
  /** The number of the opening that made it. */
  readonly epoch: number;
  /** Its slot, as in its key. */
  readonly slot: number;
  /** When it was sent, in ms since 1970. */
  readonly time: number;
}

/** The header of a fence: whoever takes over puts it in the way of others. */
export interface FenceHeader extends SlotBase {
  /** What it is. */
  readonly kind: typeof SLOT_KIND.fence;
}

/** The header of every other object. */
export interface ContentHeader extends SlotBase {
  /** What it is. */
  readonly kind: Exclude<SlotKind, typeof SLOT_KIND.fence>;
  /**
   * LSN of the first record of a frame, of the first one that is lost in a
   * hole, or of the oldest record that the log keeps from this mark on.
   */
  readonly firstLsn: number;
  /** Number of records, or of those that are lost; 0 for a mark. */
  readonly count: number;
  /** The log's `firstSlot` from this mark on; 0 for others. */
  readonly firstSlot: number;
  /** The version of the metadata that it carries; 0 if it carries none. */
  readonly metaVersion: number;
  /** What its writer knew when it sent it. */
  readonly settled: SettledState;
  /** Bytes of the entries after the header. */
  readonly length: number;
  /** Their checksum. */
  readonly checksum: number;
}

/** The header of an object in a slot. */
export type SlotHeader = FenceHeader | ContentHeader;

/** What an encoder needs: lengths and checksums follow from the entries. */
export type SlotDraft = Omit<ContentHeader, "length" | "checksum">;

/** Why bytes are not what they should be. */
export interface SlotFault {
  /** What is wrong: what was expected and what was found. */
  readonly fault: string;
}

/** Encodes a fence. */
export function encodeFence(
  log: LogId,
  header: Omit<FenceHeader, "kind">,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FENCE_BYTES);
  setBase(bytes, log, { ...header, kind: SLOT_KIND.fence });
  return seal(bytes, FENCE_BYTES);
}

/** Encodes an object of another kind; the entries are copied. */
export function encodeSlot(
  log: LogId,
  header: SlotDraft,
  entries: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const { settled } = header;
  const end = SLOT_HEADER_BYTES + entries.length;
  invariant(
    entries.length <= MAX_FRAME_BYTES,
    "entries that no reader accepts",
  );
  const bytes = new Uint8Array(end);
  bytes.set(entries, SLOT_HEADER_BYTES);
  setBase(bytes, log, header);
  const view = new DataView(bytes.buffer);
  setUint64(view, 48, header.firstLsn);
  setUint64(view, 56, header.count);
  setUint64(view, 64, header.firstSlot);
  setUint64(view, 72, header.metaVersion);
  setUint64(view, 80, settled.slot);
  setUint64(view, 88, settled.lastLsn);
  setUint64(view, 96, settled.firstLsn);
  setUint64(view, 104, settled.firstSlot);
  setUint64(view, 112, settled.time);
  setUint64(view, 120, settled.metaSlot);
  setUint64(view, 128, settled.metaVersion);
  view.setUint32(136, entries.length, true);
  view.setUint32(140, crc32Of(view, SLOT_HEADER_BYTES, end), true);
  return seal(bytes, SLOT_HEADER_BYTES);
}

/** The entry that metadata are, with its length. */
export function encodeMetaEntry(meta: LogMeta): Uint8Array<ArrayBuffer> {
  const content = encodeMeta(meta);
  const entry = new Uint8Array(RECORD_HEADER_BYTES + content.length);
  new DataView(entry.buffer).setUint32(0, content.length, true);
  entry.set(content, RECORD_HEADER_BYTES);
  return entry;
}

/**
 * Decodes and checks the header at the start of `bytes`, which hold at least
 * the first {@linkcode SLOT_HEADER_BYTES} of the object, or all of it. `size` is
 * the object's size, and `slot` what its key says.
 */
export function decodeSlotHeader(
  bytes: Uint8Array,
  log: LogId,
  slot: number,
  size = bytes.length,
): SlotHeader | SlotFault {
  const end = size === FENCE_BYTES ? FENCE_BYTES : SLOT_HEADER_BYTES;
  if (bytes.length < end) {
    return unlike("size", `at least ${end} bytes`, `${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) return unlike("magic", hex(MAGIC), hex(magic));
  const checksum = crc32Of(view, 8, end);
  const found = view.getUint32(4, true);
  if (checksum !== found) return unlike("checksum", hex(checksum), hex(found));
  if (!log.every((byte, index) => bytes[8 + index] === byte)) {
    return unlike("log", hexOf(log), hexOf(bytes.subarray(8, 24)));
  }
  const base = {
    epoch: getUint64(view, 24),
    slot: getUint64(view, 32),
    time: view.getUint32(40, true) + view.getUint16(44, true) * 2 ** 32,
  };
  const kind = view.getUint8(46);
  if (base.slot !== slot) return unlike("slot", `${slot}`, `${base.slot}`);
  if (kind > SLOT_KIND.fence || view.getUint8(47) !== 0) {
    return unlike("kind", "0 to 3, no flags", `${view.getUint16(46, true)}`);
  }
  const isFence = kind === SLOT_KIND.fence;
  if (isFence !== (size === FENCE_BYTES)) {
    return unlike("size", `that of kind ${kind}`, `${size}`);
  }
  if (isFence) return { ...base, kind: SLOT_KIND.fence };
  const header = contentOf(view, kind as ContentHeader["kind"], base);
  const whole = SLOT_HEADER_BYTES + header.length;
  return size === whole ? header : unlike("size", `${whole}`, `${size}`);
}

/**
 * Decodes and checks a whole object; `slot` is what its key says. The entries
 * share memory with `bytes`.
 */
export function decodeSlot(
  bytes: Uint8Array,
  log: LogId,
  slot: number,
): SlotContent | FenceHeader | SlotFault {
  const header = decodeSlotHeader(bytes, log, slot);
  if ("fault" in header || header.kind === SLOT_KIND.fence) return header;
  const content = new SlotContent(header, bytes);
  return content.check() ?? content;
}

/**
 * The slot and the size that the header at `at` names, unchecked: where objects
 * that are not fences lie one after the other.
 */
export function peekSlot(
  view: DataView,
  at: number,
): { readonly slot: number; readonly size: number } {
  const size = SLOT_HEADER_BYTES + view.getUint32(at + 136, true);
  return { slot: getUint64(view, at + 32), size };
}

/** An object that is not a fence: its header, records and metadata. */
export class SlotContent {
  /** Its header. */
  readonly header: ContentHeader;
  readonly #entries: RecordBytes;

  /** Takes a whole object. */
  constructor(header: ContentHeader, bytes: Uint8Array) {
    this.header = header;
    this.#entries = {
      window: new FrameWindow(bytes),
      payloadAt: SLOT_HEADER_BYTES,
      length: header.length,
      count: header.kind === SLOT_KIND.frame ? header.count : 0,
      flags: header.metaVersion === 0 ? 0 : META_FLAG,
    };
  }

  /** The records; they share memory with the object. */
  get records(): FrameRecords {
    const { window, payloadAt, count } = this.#entries;
    return new FrameRecords(window, payloadAt, count);
  }

  /** The metadata that it carries, if any. */
  get meta(): LogMeta | undefined {
    return metaOf(this.#entries);
  }

  /** Why the entries are not what the header says; `undefined` if they are. */
  check(): SlotFault | undefined {
    const { header: { length, checksum, metaVersion } } = this;
    const { view } = this.#entries.window;
    const end = SLOT_HEADER_BYTES + length;
    const found = crc32Of(view, SLOT_HEADER_BYTES, end);
    if (found !== checksum) {
      return unlike("checksum of entries", hex(checksum), hex(found));
    }
    const fault = faultOfRecords(this.#entries);
    if (fault !== undefined) {
      return unlike(fault.fault, fault.expected, fault.found);
    }
    const version = this.meta?.version ?? 0;
    return version === metaVersion
      ? undefined
      : unlike("version of metadata", `${metaVersion}`, `${version}`);
  }
}

function setBase(
  bytes: Uint8Array<ArrayBuffer>,
  log: LogId,
  { epoch, slot, time, kind }: SlotBase & { readonly kind: SlotKind },
): void {
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  bytes.set(log, 8);
  setUint64(view, 24, epoch);
  setUint64(view, 32, slot);
  view.setUint32(40, time >>> 0, true);
  view.setUint16(44, Math.floor(time / 2 ** 32), true);
  view.setUint8(46, kind);
}

function seal(
  bytes: Uint8Array<ArrayBuffer>,
  headerBytes: number,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  view.setUint32(4, crc32Of(view, 8, headerBytes), true);
  return bytes;
}

function contentOf(
  view: DataView,
  kind: ContentHeader["kind"],
  base: SlotBase,
): ContentHeader {
  return {
    ...base,
    kind,
    firstLsn: getUint64(view, 48),
    count: getUint64(view, 56),
    firstSlot: getUint64(view, 64),
    metaVersion: getUint64(view, 72),
    settled: {
      slot: getUint64(view, 80),
      lastLsn: getUint64(view, 88),
      firstLsn: getUint64(view, 96),
      firstSlot: getUint64(view, 104),
      time: getUint64(view, 112),
      metaSlot: getUint64(view, 120),
      metaVersion: getUint64(view, 128),
    },
    length: view.getUint32(136, true),
    checksum: view.getUint32(140, true),
  };
}

function unlike(what: string, expected: string, found: string): SlotFault {
  return { fault: `${what}: expected ${expected}, found ${found}` };
}

/** Bytes in hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
