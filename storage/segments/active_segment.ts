import { SEGMENT_HEADER_BYTES } from "../format/segment_header.ts";
import type { IndexEntry } from "../format/segment_index.ts";
import { isPromise, type MaybePromise, type StorageFile } from "../storage.ts";
import { explainFull, isOutOfSpace } from "../storage_error.ts";

/** A segment that frames can be written to. */
export interface OpenSegment {
  /** The open file. */
  file: StorageFile;
  /** The file's name. */
  name: string;
  /** The salt of its frames. */
  salt: number;
  /** Where its next frame goes. */
  offset: number;
  /** Bytes that its file already had; 0 if it grows with each frame. */
  preparedBytes: number;
}

/** Minimum number of frames in a segment before the next one is prepared. */
const LEAST_FRAMES = 8;

/** Above this mean frame size, writing zeros costs more than it saves. */
const MOST_FRAME_BYTES = 128 * 1024;

/** Share of a prepared segment after which the next one should be ready. */
const READY_AT = 0.9;

/** The segment that frames are written to. */
export class ActiveSegment {
  /** The open file. */
  readonly file: StorageFile;
  /** The file's name. */
  readonly name: string;
  /** The salt of its frames. */
  readonly salt: number;
  readonly #index = new IndexBuilder(SEGMENT_HEADER_BYTES);
  #preparedBytes: number;
  #offset: number;
  #frames = 0;

  /** Starts writing at the segment's `offset`. */
  constructor({ file, name, salt, offset, preparedBytes }: OpenSegment) {
    this.file = file;
    this.name = name;
    this.salt = salt;
    this.#preparedBytes = preparedBytes;
    this.#offset = offset;
  }

  /** Offset of the next frame. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether it has no frames. */
  get isEmpty(): boolean {
    return this.#offset === SEGMENT_HEADER_BYTES;
  }

  /** Bytes of the prepared file; 0 if the file grows with each frame. */
  get preparedBytes(): number {
    return this.#preparedBytes;
  }

  /** Places of some of its frames, for readers that look for a record. */
  get index(): readonly IndexEntry[] {
    return this.#index.entries;
  }

  /**
   * How much of the next segment should be ready by now, from 0 to 1: all of it
   * if this one was not prepared.
   */
  get successorShare(): number {
    const bytes = this.#offset - SEGMENT_HEADER_BYTES;
    if (this.#frames < LEAST_FRAMES) return 0;
    if (bytes > this.#frames * MOST_FRAME_BYTES) return 0;
    return Math.min(1, this.#offset / (this.#preparedBytes * READY_AT));
  }

  /** Whether a frame of `bytes` ends within `limit`; the first always does. */
  fits(bytes: number, limit: number): boolean {
    return this.#offset + bytes <= limit ||
      this.#offset === SEGMENT_HEADER_BYTES;
  }

  /**
   * Writes a frame after the last one. If no space is left, it fails with a
   * `StorageFullError`: nothing of the frame remains, and the next one takes
   * its place.
   */
  write(frame: Uint8Array): MaybePromise<void> {
    try {
      const writing = writeAll(this.file, frame, this.#offset);
      if (!isPromise(writing)) return writing;
      return writing.catch((error) => this.#rollBack(error));
    } catch (error) {
      return this.#rollBack(error);
    }
  }

  /** Counts a written frame of `bytes` that begins with record `lsn`. */
  advance(bytes: number, lsn: number): void {
    this.#index.add(lsn, this.#offset);
    this.#offset += bytes;
    this.#frames++;
  }

  /** Frees the space that was prepared but not needed. */
  async trim(): Promise<void> {
    if (this.#preparedBytes <= this.#offset) return;
    await this.#cutBack();
  }

  /** Cuts off everything after the last frame, prepared space included. */
  #cutBack(): MaybePromise<void> {
    this.#preparedBytes = 0;
    return this.file.truncate(this.#offset);
  }

  #rollBack(error: unknown): MaybePromise<never> {
    if (!isOutOfSpace(error)) throw error;
    const cutting = this.#cutBack();
    if (!isPromise(cutting)) throw explainFull(error);
    return cutting.then(() => {
      throw explainFull(error);
    });
  }
}

/** Approximate distance between two entries, in bytes. */
const INDEX_STEP_BYTES = 64 * 1024;

/** Collects the index entries of a segment while it is written. */
export class IndexBuilder {
  /** One frame about every `INDEX_STEP_BYTES`, without the first. */
  readonly entries: IndexEntry[] = [];
  #next: number;

  /** Starts an index of a segment whose first frame is at `offset`. */
  constructor(offset: number) {
    this.#next = offset + INDEX_STEP_BYTES;
  }

  /** Adds the frame at `offset`, with first record `lsn`, if one is due. */
  add(lsn: number, offset: number): void {
    if (offset < this.#next) return;
    this.entries.push({ lsn, offset });
    this.#next = offset + INDEX_STEP_BYTES;
  }
}

/**
 * Writes all of `bytes` at `offset` and continues after short writes; returns
 * no promise unless the file does.
 */
export function writeAll(
  file: StorageFile,
  bytes: Uint8Array,
  offset: number,
): MaybePromise<void> {
  const written = file.write(bytes, offset);
  if (typeof written === "number") {
    return continueWrite(file, bytes, offset, written);
  }
  return written.then((count) => continueWrite(file, bytes, offset, count));
}

function continueWrite(
  file: StorageFile,
  bytes: Uint8Array,
  offset: number,
  written: number,
): MaybePromise<void> {
  if (written === bytes.length) return;
  if (!(written > 0 && written < bytes.length)) {
    throw new Error(
      `Cannot write ${bytes.length} bytes at offset ${offset} because the ` +
        `storage reports that it wrote ${written}`,
    );
  }
  return writeAll(file, bytes.subarray(written), offset + written);
}
