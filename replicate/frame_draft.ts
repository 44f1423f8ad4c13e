import {
  MAX_FRAME_BYTES,
  measureMeta,
  RECORD_HEADER_BYTES,
} from "../storage/format/mod.ts";
import type { LogMeta } from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { Batch } from "../writer/batch.ts";

/** Bounds of a frame that holds several of the source. */
export interface FrameLimits {
  /** Ms that the first of them waits for others. */
  readonly limitMs: number;
  /** Bytes, with 4 for each record; a larger frame of the source stays whole. */
  readonly limitBytes: number;
}

/**
 * What a frame's time may differ from that of its records, as a part of their
 * age: a slow log of years becomes some ten thousand frames, not millions.
 */
const TIME_PART = 0.001;

/**
 * Frames of the source that become one. None is divided: what was appended
 * together stays together. It has the time of the last one, so that what is
 * restored to a time holds nothing later.
 */
export class GatheredFrame {
  /** The frame, laid out. */
  readonly batch: Batch;
  /** When the first record was written, in ms since 1970. */
  readonly oldestTime: number;
  /** When the last one was. */
  time: number;
  readonly #limits: FrameLimits;

  /** Begins with the records of `first`; may reuse `buffer`. */
  constructor(
    first: RecordBatch,
    limits: FrameLimits,
    buffer?: Uint8Array<ArrayBuffer>,
  ) {
    this.#limits = limits;
    this.oldestTime = this.time = first.time ?? 0;
    this.batch = new Batch(first.firstLsn, limits.limitBytes, buffer);
    this.#put(first);
  }

  /** Whether it need not wait for more. */
  get isFull(): boolean {
    return this.batch.length >= this.#limits.limitBytes;
  }

  /** Adds records that follow, at the time `now`, if there is room for them. */
  add(next: RecordBatch, now: number): boolean {
    const { limitMs, limitBytes } = this.#limits;
    const { time = this.time } = next;
    const spanMs = Math.max(limitMs, (now - this.oldestTime) * TIME_PART);
    if (time - this.oldestTime > spanMs) return false;
    if (this.batch.length + bytesOf(next) > limitBytes) return false;
    this.#put(next);
    return true;
  }

  /** Puts metadata after its last record; returns false if it is too full. */
  end(meta: LogMeta): boolean {
    const bytes = this.batch.length + measureMeta(meta.bytes);
    if (bytes > MAX_FRAME_BYTES) return false;
    this.batch.end(meta);
    return true;
  }

  #put({ records, time = this.time }: RecordBatch): void {
    this.time = Math.max(this.time, time);
    for (const record of records) {
      this.batch.add(record, record.length + RECORD_HEADER_BYTES);
    }
  }
}

function bytesOf({ records }: RecordBatch): number {
  let bytes = 0;
  for (const { length } of records) bytes += length + RECORD_HEADER_BYTES;
  return bytes;
}
