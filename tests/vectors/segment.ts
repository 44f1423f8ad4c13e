import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  frameBytes,
} from "../../storage/format/frame.ts";
import { encodeSegmentHeader } from "../../storage/format/segment_header.ts";
import { formatSegmentName } from "../../storage/format/segment_name.ts";

/** What a reader has to find in one frame. */
export interface ExpectedFrame {
  offset: number;
  checksum: number;
  previous: number;
  firstLsn: number;
  syncedLsn: number;
  count: number;
  length: number;
  hole?: { resumes: number; lost: number };
}

/** What a reader has to find in one segment. */
export interface ExpectedSegment {
  file: string;
  firstLsn: number;
  epoch: number;
  salt: number;
  previous: number;
  frames: ExpectedFrame[];
  /** Where the last frame that links ends. */
  end: number;
}

const SALT = 0x5a17_0001;

/** One segment in the making. */
export class Segment {
  /** What a reader has to find. */
  readonly expected: ExpectedSegment;
  /** Its records, each in base 16. */
  readonly records: string[] = [];
  /** Checksum of the last frame that holds a record. */
  checksum: number;
  /** The file. */
  bytes: Uint8Array;
  #nextLsn: number;

  /** A header and no frame. */
  constructor(firstLsn: number, epoch: number, previous = 0) {
    const salt = SALT + epoch;
    const file = formatSegmentName(firstLsn, epoch);
    const header = { firstLsn, epoch, salt, previous };
    this.bytes = encodeSegmentHeader(header);
    this.checksum = previous;
    this.#nextLsn = firstLsn;
    this.expected = { file, ...header, frames: [], end: this.bytes.length };
  }

  /** Adds a frame that declares everything up to `syncedLsn` synced. */
  frame(records: string[], syncedLsn: number): this {
    const encoded = records.map((text) => new TextEncoder().encode(text));
    const payload = concat(
      encoded.flatMap((data) => [uint32(data.length), data]),
    );
    const frame = new Uint8Array(frameBytes(payload.length));
    frame.set(payload, FRAME_HEADER_BYTES);
    const header = {
      previous: this.checksum,
      firstLsn: this.#nextLsn,
      syncedLsn,
      count: records.length,
      length: payload.length,
    };
    const { salt } = this.expected;
    const checksum = encodeFrame(frame, { salt, ...header });
    const offset = this.bytes.length;
    this.expected.frames.push({ offset, checksum, ...header });
    this.records.push(...encoded.map(hex));
    this.bytes = concat([this.bytes, frame]);
    this.expected.end = this.bytes.length;
    if (records.length > 0) this.checksum = checksum;
    this.#nextLsn += records.length;
    return this;
  }

  /** Adds a hole, which may declare less synced than it has to. */
  hole(lost: number, resumes: number, syncedLsn?: number): this {
    const payload = concat([uint32(resumes), uint32(lost), uint32(0)]);
    const bytes = new Uint8Array(frameBytes(payload.length));
    bytes.set(payload, FRAME_HEADER_BYTES);
    const header = {
      previous: this.checksum,
      firstLsn: this.#nextLsn,
      syncedLsn: syncedLsn ?? this.#nextLsn + lost - 1,
      count: 0,
      length: payload.length,
    };
    const { salt } = this.expected;
    const checksum = encodeFrame(bytes, { salt, ...header });
    const offset = this.bytes.length;
    this.bytes = concat([this.bytes, bytes]);
    if (syncedLsn !== undefined) return this;
    const hole = { resumes, lost };
    this.expected.frames.push({ offset, checksum, ...header, hole });
    this.expected.end = this.bytes.length;
    this.checksum = resumes;
    this.#nextLsn += lost;
    return this;
  }

  /** Adds the mark of a clean close. */
  close(): this {
    return this.frame([], this.#nextLsn - 1);
  }

  /** Changes the bytes, after which only `frames` frames are expected. */
  damage(frames: number, change: (bytes: Uint8Array) => Uint8Array): this {
    const lost = this.expected.frames.splice(frames);
    const count = lost.reduce((sum, frame) => sum + frame.count, 0);
    this.records.splice(this.records.length - count);
    this.expected.end = lost[0].offset;
    this.bytes = change(this.bytes);
    return this;
  }
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** Puts parts behind one another. */
export function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
