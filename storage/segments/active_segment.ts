import { SEGMENT_HEADER_BYTES } from "../format/segment_header.ts";
import { isPromise, type MaybePromise, type StorageFile } from "../storage.ts";
import { explainFull, isOutOfSpace } from "../storage_error.ts";
import { type FrameIndex, IndexBuilder } from "./frame_index.ts";
import { writeAll } from "./log_files.ts";

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
  /** Size of its file in bytes: more than `offset` if it was used before. */
  bytes: number;
}

/** The segment that frames are written to. */
export class ActiveSegment {
  /** The open file. */
  readonly file: StorageFile;
  /** The file's name. */
  readonly name: string;
  /** The salt of its frames. */
  readonly salt: number;
  readonly #index = new IndexBuilder(SEGMENT_HEADER_BYTES);
  /** The most bytes that it should have. */
  readonly #limit: number;
  /** Absent if zeros would not help, or there is no space for them. */
  #zeros: ZerosAhead | undefined;
  /** Where its next frame goes. */
  #offset: number;
  /** Size of its file: what follows the frames are zeros, or old frames. */
  #bytes: number;

  /** Starts writing at the segment's `offset`, up to `limit` bytes. */
  constructor(
    { file, name, salt, offset, bytes }: OpenSegment,
    limit: number,
    zeros?: ZerosAhead,
  ) {
    this.file = file;
    this.name = name;
    this.salt = salt;
    this.#limit = limit;
    this.#zeros = zeros;
    this.#offset = offset;
    this.#bytes = bytes;
  }

  /** Size of its file in bytes, with what follows its frames. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it has no frames. */
  get isEmpty(): boolean {
    return this.#offset === SEGMENT_HEADER_BYTES;
  }

  /** Places of some of its frames, for readers that look for a record. */
  get index(): FrameIndex {
    return this.#index.index;
  }

  /** Whether a frame of `bytes` has room; the first always does. */
  fits(bytes: number): boolean {
    return this.#offset + bytes <= this.#limit || this.isEmpty;
  }

  /**
   * Writes a frame after the last one, and zeros after it if they pay. If no
   * space is left, it fails with a `StorageFullError`: nothing of the frame
   * remains, and the next one takes its place.
   */
  write(frame: Uint8Array): MaybePromise<void> {
    const zeros = this.#zerosAfter(frame.length);
    if (zeros === 0) return this.writeAlone(frame);
    const failed = (error: unknown) => {
      if (!isOutOfSpace(error)) throw error;
      this.#zeros = undefined;
      const cutting = this.#cutBack();
      if (!isPromise(cutting)) return this.writeAlone(frame);
      return cutting.then(() => this.writeAlone(frame));
    };
    return this.#put(this.#zeros!.stage(frame, zeros), failed);
  }

  /** Does the same without zeros. */
  writeAlone(frame: Uint8Array): MaybePromise<void> {
    return this.#put(frame, (error) => this.#rollBack(error));
  }

  /** Counts a written frame of `bytes` that begins with record `lsn`. */
  advance(bytes: number, lsn: number): void {
    const index = this.#index;
    if (this.#offset >= index.dueAt) index.add(lsn, this.#offset);
    this.#offset += bytes;
    this.#zeros?.count(bytes);
  }

  /** Frees the space that its frames do not need. */
  async trim(): Promise<void> {
    if (this.#bytes > this.#offset) await this.#cutBack();
  }

  #zerosAfter(bytes: number): number {
    // The first frame waited for the rotation; the second one brings zeros.
    if (this.#zeros === undefined || this.isEmpty) return 0;
    const end = this.#offset + bytes;
    if (end <= this.#bytes) return 0;
    return this.#zeros.after(bytes, this.#limit - end);
  }

  #put(
    bytes: Uint8Array,
    failed: (error: unknown) => MaybePromise<void>,
  ): MaybePromise<void> {
    const done = () => {
      this.#bytes = Math.max(this.#bytes, this.#offset + bytes.length);
    };
    try {
      const writing = writeAll(this.file, bytes, this.#offset);
      return isPromise(writing) ? writing.then(done, failed) : done();
    } catch (error) {
      return failed(error);
    }
  }

  /** Cuts off everything after the last frame. */
  #cutBack(): MaybePromise<void> {
    this.#bytes = this.#offset;
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

/**
 * Maximum bytes of a frame and its zeros, in one write. More would make its
 * sync too slow: each MiB takes 0.6 to 3 ms. With less, more than one in a
 * hundred syncs of frames of 7 kB would be slow.
 */
const MOST_BYTES = 1536 * 1024;

/** The same for frames above `SMALL_BYTES`, which bring zeros more often. */
const MOST_BYTES_OF_LARGE = 768 * 1024;
const SMALL_BYTES = 16 * 1024;

/** Zeros with room for fewer further frames cost more than they save. */
const LEAST_FRAMES = 2;

/**
 * The zeros that a write brings along after its frame, if the frame goes beyond
 * the end of the file. The next frames only overwrite them, and a sync after an
 * overwrite has no change of the file's size to journal, which makes it up to
 * twice as fast.
 *
 * There are as many zeros as the log has written since it was opened, up to 1.5
 * MiB: so a log that is little used stays small, and a busy one seldom waits.
 * Frames above a quarter of a MiB bring none.
 *
 * Source: PostgreSQL fills new segments with zeros (`wal_init_zero`). Here they
 * come in the frame's own write: syncs of zeros in another file would delay the
 * log's.
 */
export class ZerosAhead {
  #writtenBytes = 0;
  /** The last staged frame, and zeros from there on. */
  #staged = new Uint8Array();
  #stagedFrame = 0;

  /** Counts a frame of `bytes` that was written. */
  count(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  /** How many zeros follow a frame of `bytes`, if there is room for `most`. */
  after(bytes: number, most: number): number {
    const total = bytes > SMALL_BYTES ? MOST_BYTES_OF_LARGE : MOST_BYTES;
    const zeros = Math.min(this.#writtenBytes, most, total - bytes);
    return zeros < LEAST_FRAMES * bytes ? 0 : zeros;
  }

  /** Lays out `frame` and the zeros; valid until the next call. */
  stage(frame: Uint8Array, zeros: number): Uint8Array {
    const bytes = frame.length + zeros;
    if (bytes > this.#staged.length) {
      this.#staged = new Uint8Array(Math.max(bytes, 2 * this.#staged.length));
      this.#stagedFrame = 0;
    }
    this.#staged.set(frame);
    this.#staged.fill(0, frame.length, this.#stagedFrame);
    this.#stagedFrame = frame.length;
    return this.#staged.subarray(0, bytes);
  }
}
