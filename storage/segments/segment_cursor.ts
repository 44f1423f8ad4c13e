import { CorruptLogError } from "../corrupt_log_error.ts";
import type { SegmentName } from "../format/file_names.ts";
import { type Frame, hex, lsnsOf } from "../format/frame.ts";
import {
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "../format/segment_header.ts";
import type { Storage } from "../storage.ts";
import type { Pace } from "../turns.ts";
import { SegmentReader, type SegmentStop } from "./segment_reader.ts";

/**
 * A place in a segment that advances along frames as long as each one is the
 * next in the chain.
 */
export class SegmentCursor {
  /** The segment's open file and header. */
  readonly reader: SegmentReader;
  readonly #chain;
  #offset = SEGMENT_HEADER_BYTES;

  /** Starts after the header; the caller still has to close the reader. */
  constructor(reader: SegmentReader) {
    this.reader = reader;
    this.#chain = chainStart(reader.header);
  }

  /**
   * Opens a segment. Throws {@linkcode CorruptLogError} unless its header fits
   * its name and, if given, the log's id.
   */
  static async open(
    storage: Storage,
    segment: SegmentName,
    log?: string,
    pace?: Pace,
  ): Promise<SegmentCursor> {
    const reader = await SegmentReader.open(storage, segment.name, pace);
    const fault = notTheSegment(segment, reader.header, log);
    if (fault === undefined) return new SegmentCursor(reader);
    try {
      await reader.requireKept();
    } finally {
      await reader.close();
    }
    throw new CorruptLogError(reader.path, 0, fault);
  }

  /** LSN of the next record. */
  get nextLsn(): number {
    return this.#chain.nextLsn;
  }

  /** Checksum that a segment which begins here must name. */
  get link(): number {
    return this.#chain.link;
  }

  /** The place that it has reached. */
  get place(): ChainPlace {
    return { ...this.#chain, offset: this.#offset };
  }

  /** Continues at a place after frames of this segment that were verified. */
  resume({ offset, ...chain }: ChainPlace): void {
    this.#offset = offset;
    Object.assign(this.#chain, chain);
  }

  /** Throws {@linkcode CorruptLogError} if its header contradicts `other`. */
  requireToFollow(other: Pick<SegmentCursor, "nextLsn" | "link">): void {
    const { firstLsn, previous } = this.reader.header;
    if (firstLsn !== other.nextLsn || previous === other.link) return;
    throw new CorruptLogError(
      this.reader.path,
      0,
      `segment header: expected record ${firstLsn} after ` +
        `${hex(other.link)}, found it after ${hex(previous)}`,
    );
  }

  /**
   * Yields the frames from here on that form a chain, as many at a time as were
   * read together. Returns `undefined` at record `end`, where the next segment
   * begins; otherwise where and why no frame follows. `firstBytes`
   * is as for `SegmentReader.frames`.
   */
  async *frames(
    end = Infinity,
    firstBytes?: number,
  ): AsyncGenerator<Frame[], SegmentStop | undefined> {
    if (this.nextLsn === end) return undefined;
    const windows = this.reader.frames(this.#offset, firstBytes);
    try {
      while (true) {
        const { value, done } = await windows.next();
        if (done) {
          await this.reader.requireKept();
          return value;
        }
        const taken = this.#take(value, end);
        if (taken === value.length) yield value;
        else if (taken > 0) yield value.slice(0, taken);
        if (this.nextLsn === end) return undefined;
        if (taken < value.length) {
          await this.reader.requireKept();
          return brokenLink(value[taken], this.#chain, end);
        }
      }
    } finally {
      await windows.return(undefined as never);
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.reader.close();
  }

  /** Advances past the frames that follow, and returns how many do. */
  #take(frames: Frame[], end: number): number {
    const chain = this.#chain;
    let taken = 0;
    for (const frame of frames) {
      if (chain.nextLsn === end) break;
      if (!follows(frame, chain, end)) break;
      this.reader.requireKnown(frame);
      advance(chain, frame);
      this.#offset = frame.offset + frame.bytes;
      taken++;
    }
    return taken;
  }
}

/**
 * Describes why a whole header belongs to another segment than the file's name
 * says, or to another log than `log`, if given; `undefined` if it does not.
 */
export function notTheSegment(
  { firstLsn, epoch }: Pick<SegmentName, "firstLsn" | "epoch">,
  found: SegmentHeader,
  log: string | undefined,
): string | undefined {
  if (log !== undefined && found.log !== log) {
    return `segment header: expected log ${log}, found log ${found.log}: it ` +
      "is a segment of another log";
  }
  if (found.firstLsn === firstLsn && found.epoch === epoch) return undefined;
  return `segment header: expected record ${firstLsn} of epoch ${epoch}, ` +
    `found record ${found.firstLsn} of epoch ${found.epoch}: it is a copy ` +
    "of that segment under another name";
}

/** What the next frame of a chain must match. */
export interface ChainEnd {
  /** The segment's salt. */
  salt: number;
  /** Checksum of the frame before. */
  previous: number;
  /** LSN of the next record. */
  nextLsn: number;
  /**
   * Checksum that a segment which begins with that record must name. It differs
   * from `previous` after a hole that skips nothing: if a segment begins there,
   * that hole is beyond the end of this one, and does not count.
   */
  link: number;
}

/** A place between two frames of a segment. */
export interface ChainPlace extends ChainEnd {
  /** Offset in the segment, in bytes. */
  offset: number;
}

/** What the first frame of a segment must match. */
export function chainStart(header: SegmentHeader): ChainEnd {
  const { salt, previous, firstLsn } = header;
  return { salt, previous, nextLsn: firstLsn, link: previous };
}

/** Whether `frame` is the next one, and ends before record `end`. */
export function follows(frame: Frame, chain: ChainEnd, end: number): boolean {
  return frame.salt === chain.salt && frame.previous === chain.previous &&
    frame.firstLsn === chain.nextLsn && frame.firstLsn + lsnsOf(frame) <= end;
}

/**
 * Advances `chain` past `frame`. A frame without records, such as a seal, does
 * not become the link: the next segment must not depend on whether it survived.
 * A hole names the checksum that the frame after it was written to follow.
 */
export function advance(chain: ChainEnd, frame: Frame): void {
  if (frame.hole !== undefined) chain.previous = frame.hole.resumes;
  else if (lsnsOf(frame) > 0) chain.previous = frame.checksum;
  chain.nextLsn += lsnsOf(frame);
  if (lsnsOf(frame) > 0) chain.link = chain.previous;
}

/** Describes why `frame` is not the next one. */
export function brokenLink(
  frame: Frame,
  chain: ChainEnd,
  end: number,
): SegmentStop {
  const { salt, previous, nextLsn } = chain;
  const last = nextLsn + lsnsOf(frame) - 1;
  const isLong = frame.firstLsn === nextLsn && last >= end;
  return {
    fault: "link",
    offset: frame.offset,
    expected: `record ${nextLsn} after ${hex(previous)}, salt ${hex(salt)}` +
      (isLong ? `, up to ${end - 1}` : ""),
    found: `record ${frame.firstLsn} after ${hex(frame.previous)}, salt ` +
      hex(frame.salt) +
      (isLong ? `, up to ${last}` : ""),
  };
}

/** The bytes of frames that were read together, and follow one another. */
export function bytesOf(frames: readonly Frame[]): Uint8Array<ArrayBuffer> {
  const { window, offset } = frames[0];
  const last = frames[frames.length - 1];
  const end = last.offset + last.bytes;
  const bytes = window.part(offset - window.offset, end - window.offset);
  return bytes as Uint8Array<ArrayBuffer>;
}
