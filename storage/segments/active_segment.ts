import type { IndexEntry } from "../format/segment_index.ts";
import { SEGMENT_HEADER_BYTES } from "../format/segment_header.ts";
import type { SuppliedSegment } from "./segment_supply.ts";
import {
  isPromise,
  type MaybePromise,
  type StorageFile,
  writeAll,
} from "../storage.ts";
import { explainFull, isOutOfSpace } from "../storage_error.ts";

/** Frames after which a segment counts as used enough to prepare the next. */
const LEAST_FRAMES = 8;

/** Above this mean size, zeros cost more to write than they save in syncs. */
const MOST_FRAME_BYTES = 128 * 1024;

/** Share of a prepared segment after which the next one should lie ready. */
const READY_AT = 0.9;

/** The segment that is written to. */
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

  /** Begins behind what it has. */
  constructor({ file, name, salt, offset, preparedBytes }: SuppliedSegment) {
    this.file = file;
    this.name = name;
    this.salt = salt;
    this.#preparedBytes = preparedBytes;
    this.#offset = offset;
  }

  /** Where the next frame goes. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether it has no frame. */
  get isEmpty(): boolean {
    return this.#offset === SEGMENT_HEADER_BYTES;
  }

  /** Bytes that its file had before; 0 if it grows with each frame. */
  get preparedBytes(): number {
    return this.#preparedBytes;
  }

  /** Some of its frames, for readers that look for one. */
  get index(): readonly IndexEntry[] {
    return this.#index.entries;
  }

  /**
   * How much of the next segment should lie ready by now, 0 to 1: all of it
   * where this one was not prepared.
   */
  get successorShare(): number {
    const bytes = this.#offset - SEGMENT_HEADER_BYTES;
    if (this.#frames < LEAST_FRAMES) return 0;
    if (bytes > this.#frames * MOST_FRAME_BYTES) return 0;
    return Math.min(1, this.#offset / (this.#preparedBytes * READY_AT));
  }

  /** Whether a frame of `bytes` ends within `limit`; the first always fits. */
  fits(bytes: number, limit: number): boolean {
    return this.#offset + bytes <= limit ||
      this.#offset === SEGMENT_HEADER_BYTES;
  }

  /**
   * Writes a frame behind the last one. Without space it fails with a
   * `StorageFullError`: nothing of the frame remains, and the next one takes its
   * place.
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

  /** Counts a frame of `bytes` that was written, beginning with record `lsn`. */
  advance(bytes: number, lsn: number): void {
    this.#index.add(lsn, this.#offset);
    this.#offset += bytes;
    this.#frames++;
  }

  /** Gives back what was prepared and not needed. */
  async trim(): Promise<void> {
    if (this.#preparedBytes <= this.#offset) return;
    await this.#cutBack();
  }

  /** Takes back what was written behind the last frame, and what was prepared. */
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

/** Bytes of frames about which there is an entry. */
const INDEX_STEP_BYTES = 64 * 1024;

/** Collects the entries of a segment that is being written. */
export class IndexBuilder {
  /** A frame about each `INDEX_STEP_BYTES`, but for the first. */
  readonly entries: IndexEntry[] = [];
  #next: number;

  /** Of a segment whose first frame is at `offset`. */
  constructor(offset: number) {
    this.#next = offset + INDEX_STEP_BYTES;
  }

  /** Notes the frame at `offset`, beginning with record `lsn`, if it is time. */
  add(lsn: number, offset: number): void {
    if (offset < this.#next) return;
    this.entries.push({ lsn, offset });
    this.#next = offset + INDEX_STEP_BYTES;
  }
}
