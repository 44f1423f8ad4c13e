import { crc32 } from "../../storage/format/crc32.ts";
import { formatSegmentName } from "../../storage/format/file_names.ts";
import {
  encodeFrame,
  encodeHole,
  FRAME_HEADER_BYTES,
  frameBytes,
  KIND,
  META_FLAG,
} from "../../storage/format/frame.ts";
import { encodeSegmentHeader } from "../../storage/format/segment_header.ts";
import {
  encodeIndex,
  indexBytes,
  type IndexEntry,
} from "../../storage/format/segment_index.ts";

/** What a reader has to find in one frame. */
export interface ExpectedFrame {
  offset: number;
  checksum: number;
  previous: number;
  firstLsn: number;
  syncedLsn: number;
  count: number;
  length: number;
  time: number;
  kind: number;
  flags: number;
  hole?: { resumes: number; lost: number };
}

/** What a reader has to find in one segment. */
export interface ExpectedSegment {
  file: string;
  firstLsn: number;
  epoch: number;
  salt: number;
  previous: number;
  log: string;
  frames: ExpectedFrame[];
  /** Where the last frame that links ends. */
  end: number;
}

/** One record that a reader has to find. */
export interface ExpectedRecord {
  lsn: number;
  time: number;
  /** The record in base 16. */
  data: string;
}

/** What is special about a segment, if anything. */
export interface SegmentOptions {
  /** Link to the segment before. */
  previous?: number;
  /** How often it was repaired. */
  revision?: number;
  /** The log's id. */
  log?: string;
}

/** The log's id in all vectors. */
export const LOG = "000102030405060708090a0b0c0d0e0f";

const SALT = 0x5a17_0001;
const TIME = 1_700_000_000_000;

/** One segment, frame by frame. */
export class Segment {
  /** What a reader has to find. */
  readonly expected: ExpectedSegment;
  /** Its records. */
  readonly records: ExpectedRecord[] = [];
  /** The link after what was added so far. */
  link: number;
  /** The file. */
  bytes: Uint8Array;
  #nextLsn: number;
  /** What follows the records of a frame. */
  #after: Uint8Array[] = [];

  /** A header and no frame. */
  constructor(firstLsn: number, epoch: number, options: SegmentOptions = {}) {
    const { previous = 0, log = LOG, revision } = options;
    const salt = SALT + epoch;
    const file = formatSegmentName(firstLsn, epoch, revision);
    const header = { firstLsn, epoch, salt, previous, log };
    this.bytes = encodeSegmentHeader(header);
    this.link = previous;
    this.#nextLsn = firstLsn;
    this.expected = { file, ...header, frames: [], end: this.bytes.length };
  }

  /** Where the next frame goes. */
  get offset(): number {
    return this.bytes.length;
  }

  /** LSN of the last record. */
  get lastLsn(): number {
    return this.#nextLsn - 1;
  }

  /** The time of a frame that begins with record `lsn`. */
  static timeOf(lsn: number): number {
    return TIME + 1000 * lsn;
  }

  /** Adds a frame that declares everything up to `syncedLsn` synced. */
  frame(texts: string[], syncedLsn: number, flags = 0): this {
    const records = texts.map((text) => new TextEncoder().encode(text));
    const payload = concat(
      [
        ...records.flatMap((data) => [uint32(data.length), data]),
        ...this.#after,
      ],
    );
    const count = records.length;
    const time = Segment.timeOf(this.#nextLsn);
    for (const [index, data] of records.entries()) {
      const lsn = this.#nextLsn + index;
      this.records.push({ lsn, time, data: hex(data) });
    }
    const kind = KIND.records;
    const checksum = this.#add({ payload, syncedLsn, count, kind, flags });
    this.link = checksum;
    this.#nextLsn += count;
    return this;
  }

  /** Adds a frame with metadata after its records, or what claims to be some. */
  frameWithMeta(texts: string[], syncedLsn: number, entry: Uint8Array): this {
    const before = this.#after;
    this.#after = [uint32(entry.length), entry];
    this.frame(texts, syncedLsn, META_FLAG);
    this.#after = before;
    return this;
  }

  /** Adds a hole, which may declare less synced than it has to. */
  hole(lost: number, resumes: number, syncedLsn?: number): this {
    const { frames, end } = this.expected;
    this.#add({
      payload: encodeHole({ resumes, lost }),
      syncedLsn: syncedLsn ?? this.#nextLsn + lost - 1,
      kind: KIND.hole,
    });
    if (syncedLsn !== undefined) {
      frames.pop();
      this.expected.end = end;
      return this;
    }
    frames[frames.length - 1].hole = { resumes, lost };
    this.link = resumes;
    this.#nextLsn += lost;
    return this;
  }

  /** Adds a seal, with an index if there are entries. */
  seal(entries: readonly IndexEntry[] = []): this {
    const bytes = frameBytes(indexBytes(entries.length));
    const payload = encodeIndex(entries, bytes);
    this.#add({ payload, syncedLsn: this.lastLsn, kind: KIND.seal });
    return this;
  }

  /** Adds a frame of any kind, which takes no LSN. */
  other(kind: number, payload: Uint8Array = new Uint8Array()): this {
    this.#add({ payload, syncedLsn: this.lastLsn, kind });
    return this;
  }

  /** Adds bytes that are not a frame. */
  append(bytes: Uint8Array): this {
    this.bytes = concat([this.bytes, bytes]);
    return this;
  }

  /** Changes the bytes, after which only `frames` frames are expected. */
  damage(frames: number, change: (bytes: Uint8Array) => Uint8Array): this {
    this.bytes = change(this.bytes);
    return this.expect(frames);
  }

  /** Expects only `frames` of its frames: those after do not count. */
  expect(frames: number): this {
    const { expected } = this;
    const [first] = expected.frames.splice(frames);
    if (first === undefined) return this;
    expected.end = first.offset;
    const counted = this.records.filter(({ lsn }) => lsn < first.firstLsn);
    this.records.splice(counted.length);
    return this;
  }

  /** Changes a field of the header, whose checksum holds afterwards. */
  header(at: number, value: number): this {
    new DataView(this.bytes.buffer).setUint32(at, value, true);
    const checksum = crc32(this.bytes.subarray(0, 60));
    new DataView(this.bytes.buffer).setUint32(60, checksum, true);
    return this;
  }

  #add(frame: {
    payload: Uint8Array;
    syncedLsn: number;
    kind: number;
    count?: number;
    flags?: number;
  }): number {
    const { payload, syncedLsn, kind, count = 0, flags = 0 } = frame;
    const bytes = new Uint8Array(frameBytes(payload.length));
    bytes.set(payload, FRAME_HEADER_BYTES);
    const header = {
      previous: this.link,
      firstLsn: this.#nextLsn,
      syncedLsn,
      count,
      length: payload.length,
      time: Segment.timeOf(this.#nextLsn),
      kind,
    };
    encodeFrame(bytes, { salt: this.expected.salt, ...header });
    bytes[47] = flags;
    const checksum = crc32(bytes.subarray(8));
    new DataView(bytes.buffer).setUint32(4, checksum, true);
    const offset = this.bytes.length;
    this.expected.frames.push({ offset, checksum, ...header, flags });
    this.bytes = concat([this.bytes, bytes]);
    this.expected.end = this.bytes.length;
    return checksum;
  }
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** Joins parts. */
export function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Bytes in base 16. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
