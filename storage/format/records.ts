import type { FrameFault } from "./frame.ts";
import { RECORD_HEADER_BYTES } from "./frame.ts";

/**
 * Records in order, as an array of them is. What reads a frame makes each
 * record when it is asked for; going through them once is what is fast.
 */
export interface RecordList extends Iterable<Uint8Array<ArrayBuffer>> {
  /** Number of records. */
  readonly length: number;
  /** The record at `index`, from the end if negative, if there is one. */
  at(index: number): Uint8Array<ArrayBuffer> | undefined;
}

/**
 * The `count` records of a frame's payload, whose memory they share; a fault
 * where the lengths do not add up, which a checksum that holds rules out unless
 * the writer was at fault.
 */
export function splitRecords(
  payload: Uint8Array,
  count: number,
): FrameRecords | FrameFault {
  return faultOfRecords(payload, count) ?? new FrameRecords(payload, 0, count);
}

/** Why a payload is not `count` records; allocates nothing if it is. */
export function faultOfRecords(
  payload: Uint8Array,
  count: number,
): FrameFault | undefined {
  const { buffer, byteOffset, length } = payload;
  const view = new DataView(buffer, byteOffset, length);
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + RECORD_HEADER_BYTES > length) return fault(index, at, length);
    at += RECORD_HEADER_BYTES + view.getUint32(at, true);
    if (at > length) return fault(index, at, length);
  }
  return at === length ? undefined : fault(count, at, length);
}

/**
 * Records that are made when they are asked for: as a frame may hold 16 million
 * empty ones, a view of each at once could take 30 times the frame's memory.
 */
export class FrameRecords implements RecordList {
  /** Number of records. */
  readonly length: number;
  readonly #payload: Uint8Array;
  readonly #view: DataView;
  /** Where the first record's length lies. */
  readonly #start: number;
  /** The record that `at` was asked for last, and where it lies. */
  #index = 0;
  #at: number;

  /** The `count` records from `start` on, whose lengths are known to fit. */
  constructor(payload: Uint8Array, start: number, count: number) {
    const { buffer, byteOffset, length } = payload;
    this.#payload = payload;
    this.#view = new DataView(buffer, byteOffset, length);
    this.#start = start;
    this.#at = start;
    this.length = count;
  }

  /**
   * The record at `index`, from the end if that is negative. The next one is
   * found at once; others after passing those between, or all before.
   */
  at(index: number): Uint8Array<ArrayBuffer> | undefined {
    const wanted = index < 0 ? index + this.length : index;
    if (!(wanted >= 0 && wanted < this.length && Number.isInteger(wanted))) {
      return undefined;
    }
    if (wanted < this.#index) {
      this.#index = 0;
      this.#at = this.#start;
    }
    for (; this.#index < wanted; this.#index++) {
      this.#at = this.#behind(this.#at);
    }
    return this.#record(this.#at);
  }

  /** The records from `begin` up to but not including `end`. */
  slice(begin: number, end: number): FrameRecords {
    let at = this.#start;
    for (let index = 0; index < begin; index++) at = this.#behind(at);
    return new FrameRecords(this.#payload, at, end - begin);
  }

  /** The records, in order. By hand, which is faster than a generator. */
  [Symbol.iterator](): IterableIterator<Uint8Array<ArrayBuffer>> {
    let left = this.length;
    let at = this.#start;
    const recordAt = (at: number) => this.#record(at);
    return {
      next() {
        if (left === 0) return { done: true, value: undefined };
        left--;
        const value = recordAt(at);
        at += RECORD_HEADER_BYTES + value.length;
        return { done: false, value };
      },
      [Symbol.iterator]() {
        return this;
      },
    };
  }

  #behind(at: number): number {
    return at + RECORD_HEADER_BYTES + this.#view.getUint32(at, true);
  }

  #record(at: number): Uint8Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.#view;
    return new Uint8Array(
      // What a reader reads into is never shared.
      buffer as ArrayBuffer,
      byteOffset + at + RECORD_HEADER_BYTES,
      this.#view.getUint32(at, true),
    );
  }
}

function fault(index: number, at: number, length: number): FrameFault {
  return {
    fault: "records",
    expected: `records that fill ${length} bytes`,
    found: `record ${index} at ${at}`,
  };
}
