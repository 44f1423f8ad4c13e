import { SEGMENT_HEADER_BYTES } from "../format/segment_header.ts";
import {
  isPromise,
  type MaybePromise,
  type StorageFile,
  writeAll,
} from "../storage.ts";
import { explainFull, isOutOfSpace } from "../storage_error.ts";
import { type FrameIndex, IndexBuilder } from "./frame_index.ts";
import type { ZerosAhead } from "./zeros_ahead.ts";

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

  /** Where its next frame goes. */
  get offset(): number {
    return this.#offset;
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
    const zeros = this.zerosAfter(frame.length);
    if (zeros === 0) return this.writeAlone(frame);
    const failed = (error: unknown) => {
      if (!isOutOfSpace(error)) throw error;
      const cutting = this.dropZeros();
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

  /** There is no space for zeros: writes none from now on. */
  dropZeros(): MaybePromise<void> {
    this.#zeros = undefined;
    return this.#cutBack();
  }

  /** `bytes` were, or may have been, written after the last frame. */
  wrote(bytes: number): void {
    this.#bytes = Math.max(this.#bytes, this.#offset + bytes);
  }

  /** Frees the space that its frames do not need. */
  async trim(): Promise<void> {
    if (this.#bytes > this.#offset) await this.#cutBack();
  }

  /** Number of zeros to write after a frame of `bytes`. */
  zerosAfter(bytes: number): number {
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
    const done = () => this.wrote(bytes.length);
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
