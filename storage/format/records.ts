import { type FrameFault, RECORD_HEADER_BYTES } from "./frame.ts";

/**
 * Records in order, much like an array. When a frame is read, each record is
 * made when it is asked for; iterating once is fastest.
 */
export interface RecordList extends Iterable<Uint8Array<ArrayBuffer>> {
  /** Number of records. */
  readonly length: number;
  /** The record at `index`, counted from the end if negative, if any. */
  at(index: number): Uint8Array<ArrayBuffer> | undefined;
}

/**
 * The `count` records of a frame's payload, whose memory they share, or a fault
 * if the lengths do not add up. If the checksum is right, only a faulty writer
 * can have caused that.
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
 * Records that are made when they are asked for. A frame can hold 16 million
 * empty ones: a view of each could take 30 times the frame's memory.
 */
export class FrameRecords implements RecordList {
  /** Number of records. */
  readonly length: number;
  readonly #payload: Uint8Array;
  readonly #view: DataView;
  /** Where the length of the first record is. */
  readonly #start: number;
  /** The last record that `at` was called for, and where it is. */
  #index = 0;
  #at: number;

  /** Takes the `count` records from `start` on; their lengths must fit. */
  constructor(payload: Uint8Array, start: number, count: number) {
    const { buffer, byteOffset, length } = payload;
    this.#payload = payload;
    this.#view = new DataView(buffer, byteOffset, length);
    this.#start = start;
    this.#at = start;
    this.length = count;
  }

  /**
   * The record at `index`, counted from the end if negative. The next one is
   * found at once; for any other, the records before it are passed first.
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
      this.#at = this.#after(this.#at);
    }
    return this.#record(this.#at);
  }

  /** The records from `begin` up to but not including `end`. */
  slice(begin: number, end: number): FrameRecords {
    let at = this.#start;
    for (let index = 0; index < begin; index++) at = this.#after(at);
    return new FrameRecords(this.#payload, at, end - begin);
  }

  /** The records, in order. Written by hand: faster than a generator. */
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

  #after(at: number): number {
    return at + RECORD_HEADER_BYTES + this.#view.getUint32(at, true);
  }

  #record(at: number): Uint8Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.#view;
    return new Uint8Array(
      // Readers never read into shared memory.
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
