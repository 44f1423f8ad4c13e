import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { hex } from "../storage/format/frame.ts";
import { SEGMENT_HEADER_BYTES } from "../storage/format/segment_header.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { type ChainLink, firstLink } from "../storage/segment_chain.ts";
import {
  type PlacedFrame,
  SegmentReader,
  type SegmentStop,
} from "../storage/segment_reader.ts";
import type { Storage } from "../storage/storage.ts";

/** A place in a segment that moves along its frames and can be returned to. */
export class SegmentCursor {
  /** The segment's file name. */
  readonly name: string;
  /** Its open file and header. */
  readonly reader: SegmentReader;
  /** Where the next frame lies. */
  offset: number = SEGMENT_HEADER_BYTES;
  readonly #link: ChainLink;

  private constructor(name: string, reader: SegmentReader) {
    this.name = name;
    this.reader = reader;
    this.#link = firstLink(reader.header);
  }

  /** Opens a segment, which has to be what its name says. */
  static async open(
    storage: Storage,
    { name, firstLsn, epoch }: SegmentName,
  ): Promise<SegmentCursor> {
    const reader = await SegmentReader.open(storage, name);
    const { header } = reader;
    if (header.firstLsn === firstLsn && header.epoch === epoch) {
      return new SegmentCursor(name, reader);
    }
    await reader.close();
    throw new CorruptLogError(
      reader.path,
      0,
      `segment header: expected record ${firstLsn} of epoch ${epoch}, found ` +
        `record ${header.firstLsn} of epoch ${header.epoch}`,
    );
  }

  /** LSN of the next record. */
  get nextLsn(): number {
    return this.#link.nextLsn;
  }

  /** Throws {@linkcode CorruptLogError} unless it begins where `other` is. */
  requireToFollow(other: SegmentCursor): void {
    const { firstLsn, previous } = this.reader.header;
    if (firstLsn !== other.nextLsn) return;
    if (previous === other.#link.previous) return;
    throw new CorruptLogError(
      this.reader.path,
      0,
      `segment header: expected record ${firstLsn} behind ` +
        `${hex(other.#link.previous)}, found it behind ${hex(previous)}`,
    );
  }

  /**
   * The frames from here on that follow one another, as many at once as were
   * read together. Ends with nothing before record `end`, where the next
   * segment begins, else with where and why no frame follows.
   */
  async *frames(
    end = Infinity,
  ): AsyncGenerator<PlacedFrame[], SegmentStop | undefined> {
    if (this.nextLsn === end) return undefined;
    const windows = this.reader.frames(this.offset);
    try {
      while (true) {
        const { value, done } = await windows.next();
        if (done) return value;
        const taken = this.#take(value, end);
        if (taken > 0) yield value.slice(0, taken);
        if (this.nextLsn === end) return undefined;
        if (taken < value.length) return this.#brokenLink(value[taken], end);
      }
    } finally {
      await windows.return(undefined as never);
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.reader.close();
  }

  /** Moves behind the frames that follow, and says how many there are. */
  #take(frames: PlacedFrame[], end: number): number {
    const index = frames.findIndex((frame) =>
      this.nextLsn >= end || !this.#follow(frame)
    );
    return index === -1 ? frames.length : index;
  }

  /** As `follow` of the segment chain: a mark is no link. */
  #follow(frame: PlacedFrame): boolean {
    const { salt, previous, nextLsn } = this.#link;
    const follows = frame.salt === salt && frame.previous === previous &&
      frame.firstLsn === nextLsn;
    if (!follows) return false;
    if (frame.count > 0) this.#link.previous = frame.checksum;
    this.#link.nextLsn += frame.count;
    this.offset = frame.offset + frame.bytes;
    return true;
  }

  #brokenLink(frame: PlacedFrame, end: number): SegmentStop {
    const { salt, previous, nextLsn } = this.#link;
    return {
      fault: "link",
      offset: frame.offset,
      expected: `record ${Math.min(nextLsn, end)} behind ${hex(previous)}, ` +
        `salt ${hex(salt)}`,
      found: `record ${frame.firstLsn} behind ${hex(frame.previous)}, salt ` +
        hex(frame.salt),
    };
  }
}
