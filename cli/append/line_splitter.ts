import {
  MAX_FRAME_BYTES,
  RECORD_HEADER_BYTES,
} from "../../storage/format/mod.ts";
import { formatCount } from "../io/format.ts";

const NEWLINE = 10;

/** The longest line that is a record. */
const MAX_RECORD_BYTES = MAX_FRAME_BYTES - RECORD_HEADER_BYTES;

/** Splits chunks of bytes into lines, wherever the chunks begin and end. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #line = 1;

  /** Takes lines of at most `maxBytes`; by default, what a record can have. */
  constructor(maxBytes: number = MAX_RECORD_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The lines that end in `chunk`, without their newlines; they share memory
   * with it, so it must not change until the last one is read. Throws
   * `RangeError` with the line's number, from 1, as soon as a line is too long,
   * so no more than that is ever kept.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    let end = chunk.indexOf(NEWLINE);
    while (end !== -1) {
      const line = chunk.subarray(start, end);
      this.#requireToFit(line.length);
      yield this.#partBytes === 0 ? line : this.#join(line);
      this.#line++;
      start = end + 1;
      end = chunk.indexOf(NEWLINE, start);
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line, if it had no newline. */
  *end(): Generator<Uint8Array> {
    if (this.#partBytes > 0) yield this.#join(new Uint8Array());
  }

  #keep(part: Uint8Array): void {
    this.#requireToFit(part.length);
    this.#parts.push(part);
    this.#partBytes += part.length;
  }

  /** The full length is unknown: the line has not been read to its end. */
  #requireToFit(more: number): void {
    const most = this.#maxBytes;
    if (this.#partBytes + more <= most) return;
    const what = most === MAX_RECORD_BYTES ? "record" : "line";
    throw new RangeError(
      `Cannot append line ${
        formatCount(this.#line)
      } because a ${what} has at ` +
        `most ${formatCount(most)} bytes: received ` +
        `${formatCount(most + 1)} or more`,
    );
  }

  #join(last: Uint8Array): Uint8Array {
    const line = new Uint8Array(this.#partBytes + last.length);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      line.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#partBytes = 0;
    return line;
  }
}
