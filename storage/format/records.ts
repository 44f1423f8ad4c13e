import {
  entriesOf,
  type Frame,
  type FrameFault,
  type FrameWindow,
  META_FLAG,
  RECORD_HEADER_BYTES,
} from "./frame.ts";
import { decodeMeta, type LogMeta } from "./log_meta.ts";

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

/** Bytes in which records lie one after the other. */
export type RecordBytes = Pick<
  Frame,
  "window" | "payloadAt" | "length" | "count" | "flags"
>;

/**
 * The records of a frame, whose memory they share, or a fault if the lengths do
 * not add up. If the checksum is right, only a faulty writer can have caused
 * that.
 */
export function splitRecords(
  frame: RecordBytes,
): FrameRecords | FrameFault {
  const { window, payloadAt, count } = frame;
  return faultOfRecords(frame) ?? new FrameRecords(window, payloadAt, count);
}

/** Why a frame's payload is not its records; allocates nothing if it is. */
export function faultOfRecords(frame: RecordBytes): FrameFault | undefined {
  const { window: { view }, payloadAt, length } = frame;
  const count = entriesOf(frame);
  const end = payloadAt + length;
  let at = payloadAt;
  for (let index = 0; index < count; index++) {
    if (at + RECORD_HEADER_BYTES > end) {
      return fault(index, at - payloadAt, length);
    }
    at += RECORD_HEADER_BYTES + view.getUint32(at, true);
    if (at > end) return fault(index, at - payloadAt, length);
  }
  return at === end ? undefined : fault(count, at - payloadAt, length);
}

/**
 * The metadata that a frame carries after its records; `undefined` if it has
 * none, or its records do not fit.
 */
export function metaOf(frame: RecordBytes): LogMeta | undefined {
  const hasMeta = (frame.flags & META_FLAG) !== 0;
  if (!hasMeta || faultOfRecords(frame) !== undefined) return undefined;
  const { window, payloadAt, count } = frame;
  const entry = new FrameRecords(window, payloadAt, count + 1).at(count);
  return entry && decodeMeta(entry);
}

/**
 * Records that are made when they are asked for. A frame can hold 16 million
 * empty ones: a view of each could take 30 times the frame's memory.
 */
export class FrameRecords implements RecordList {
  /** Number of records. */
  readonly length: number;
  readonly #window: FrameWindow;
  /** Where the length of the first record is. */
  readonly #start: number;
  /** The last record that `at` was called for, and where it is. */
  #index = 0;
  #at: number;

  /** Takes the `count` records from `start` on; their lengths must fit. */
  constructor(window: FrameWindow, start: number, count: number) {
    this.#window = window;
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
    return recordAt(this.#window, this.#at);
  }

  /** The records from `begin` up to but not including `end`. */
  slice(begin: number, end: number): FrameRecords {
    let at = this.#start;
    for (let index = 0; index < begin; index++) at = this.#after(at);
    return new FrameRecords(this.#window, at, end - begin);
  }

  /** The records, in order. */
  [Symbol.iterator](): IterableIterator<Uint8Array<ArrayBuffer>> {
    return new RecordIterator(this.#window, this.#start, this.length);
  }

  #after(at: number): number {
    return at + RECORD_HEADER_BYTES + this.#window.view.getUint32(at, true);
  }
}

/** Written by hand: faster than a generator, and than closures. */
class RecordIterator implements IterableIterator<Uint8Array<ArrayBuffer>> {
  readonly #window: FrameWindow;
  #at: number;
  #left: number;

  constructor(window: FrameWindow, at: number, left: number) {
    this.#window = window;
    this.#at = at;
    this.#left = left;
  }

  next(): IteratorResult<Uint8Array<ArrayBuffer>, undefined> {
    if (this.#left === 0) return { done: true, value: undefined };
    this.#left--;
    const value = recordAt(this.#window, this.#at);
    this.#at += RECORD_HEADER_BYTES + value.length;
    return { done: false, value };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

function recordAt({ view }: FrameWindow, at: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    // Readers never read into shared memory.
    view.buffer as ArrayBuffer,
    view.byteOffset + at + RECORD_HEADER_BYTES,
    view.getUint32(at, true),
  );
}

function fault(index: number, at: number, length: number): FrameFault {
  return {
    fault: "records",
    expected: `records that fill ${length} bytes`,
    found: `record ${index} at ${at}`,
  };
}
