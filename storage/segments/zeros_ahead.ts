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
