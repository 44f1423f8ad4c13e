import {
  FRAME_HEADER_BYTES,
  FrameRecords,
  FrameWindow,
  RECORD_HEADER_BYTES,
} from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import type { AckLevel } from "./acks.ts";
import type { Batch, BatchQueue } from "./batch.ts";
import { Cuts } from "./cuts.ts";

/** A frame that was written lately. */
interface RecentFrame {
  readonly batch: RecordBatch;
  readonly lastLsn: number;
  readonly bytes: number;
}

/** Bounds of what is kept for followers that are a little late. */
const MOST_FRAMES = 64;
const MOST_BYTES = 1024 * 1024;

/**
 * The end of a log that is being written, for those who follow it: wakes them,
 * and shows them what is queued and what was just written, all of them the same
 * bytes. While nobody watches, it keeps nothing.
 */
export class LiveTail {
  readonly #queue: BatchQueue;
  readonly #cuts = new Cuts();
  readonly #watchers = new Set<() => void>();
  /** Those that want to see records as soon as they are queued. */
  readonly #eager = new Set<() => void>();
  /** The last frames written, without gaps. */
  #frames: RecentFrame[] = [];
  #bytes = 0;
  /** Whether the eager ones will be woken in this turn. */
  #isTelling = false;
  /** Created once, for the queue. */
  readonly #queued = (): void => this.#tellSoon();
  /** Where the queued records that were shown last end. */
  #shown: { batch: Batch; count: number; at: number } | undefined;

  /** The end of a log whose next records come from `queue`. */
  constructor(queue: BatchQueue) {
    this.#queue = queue;
  }

  /** How often records were taken back. */
  get cuts(): number {
    return this.#cuts.count;
  }

  /** The lowest last LSN that a cut after the first `cuts` left; or Infinity. */
  lowestSince(cuts: number): number {
    return this.#cuts.lowestSince(cuts);
  }

  /**
   * Calls `wake` in the same turn whenever records are written or synced, or
   * the log is cut back or ends; at level `"memory"`, also when records are
   * queued. Returns what ends that.
   */
  watch(wake: () => void, level: AckLevel): () => void {
    this.#watchers.add(wake);
    if (level === "memory") {
      this.#eager.add(wake);
      this.#queue.onAdded = this.#queued;
    }
    return () => this.#unwatch(wake);
  }

  /** Keeps a frame that was just written, if somebody watches. */
  keep(batch: Batch, time: number | undefined): void {
    if (this.#watchers.size === 0) return;
    const { firstLsn, lastLsn, count, length } = batch;
    const end = FRAME_HEADER_BYTES + length;
    const isLarge = end > MOST_BYTES;
    if (isLarge) this.#forget();
    if (isLarge) return;
    // Whoever saw it in the queue holds its memory anyway.
    const buffer = batch.isShared
      ? batch.buffer
      : batch.buffer.slice(FRAME_HEADER_BYTES, end);
    const start = batch.isShared ? FRAME_HEADER_BYTES : 0;
    const records = new FrameRecords(new FrameWindow(buffer), start, count);
    const kept = Object.freeze({ firstLsn, records, time });
    this.#frames.push({ batch: kept, lastLsn, bytes: buffer.length });
    this.#bytes += buffer.length;
    while (this.#frames.length > MOST_FRAMES || this.#bytes > MOST_BYTES) {
      this.#bytes -= this.#frames.shift()!.bytes;
    }
  }

  /** Wakes all who watch. */
  tell(): void {
    for (const wake of this.#watchers) wake();
  }

  /** Notes that only the records up to `lastLsn` are left, and tells. */
  cut(lastLsn: number): void {
    this.#cuts.add(lastLsn);
    this.#shown = undefined;
    if (this.#frames.some((frame) => frame.lastLsn > lastLsn)) this.#forget();
    this.tell();
  }

  /** Whether a follower whose next record is `lsn` is near the end. */
  keeps(lsn: number): boolean {
    return this.#frames.length > 0 && lsn >= this.#frames[0].batch.firstLsn;
  }

  /**
   * The records of one frame from `from` on, at most up to `to`, if they are in
   * memory. `to` must have reached the level that is followed.
   */
  take(from: number, to: number): RecordBatch | undefined {
    for (let index = this.#frames.length - 1; index >= 0; index--) {
      const { batch, lastLsn } = this.#frames[index];
      if (from > lastLsn) break;
      if (from >= batch.firstLsn) return partOf(batch, from, to);
    }
    const batch = this.#queue.find(from);
    return batch === undefined ? undefined : this.#show(batch, from, to);
  }

  /** Shows queued records; no batch may reuse their memory from now on. */
  #show(batch: Batch, from: number, to: number): RecordBatch {
    batch.isShared = true;
    const window = new FrameWindow(batch.buffer);
    const skip = from - batch.firstLsn;
    const count = Math.min(batch.lastLsn, to) + 1 - from;
    let index = 0;
    let at = FRAME_HEADER_BYTES;
    const shown = this.#shown;
    if (shown?.batch === batch && shown.count <= skip) {
      ({ count: index, at } = shown);
    }
    for (; index < skip; index++) {
      at += RECORD_HEADER_BYTES + window.view.getUint32(at, true);
    }
    if (skip + count === batch.count) {
      const end = FRAME_HEADER_BYTES + batch.length;
      this.#shown = { batch, count: batch.count, at: end };
    }
    const records = new FrameRecords(window, at, count);
    return { firstLsn: from, records };
  }

  #unwatch(wake: () => void): void {
    this.#watchers.delete(wake);
    if (this.#eager.delete(wake) && this.#eager.size === 0) {
      this.#queue.onAdded = undefined;
    }
    if (this.#watchers.size === 0) this.#forget();
  }

  #forget(): void {
    this.#frames = [];
    this.#bytes = 0;
    if (this.#eager.size === 0) this.#shown = undefined;
  }

  /** Once per burst of appends, and before the turn ends. */
  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const wake of this.#eager) wake();
    });
  }
}

/** The records of a kept frame from `from` on, up to `to`. */
function partOf(batch: RecordBatch, from: number, to: number): RecordBatch {
  const { firstLsn, records, time } = batch;
  const skip = from - firstLsn;
  const end = Math.min(records.length, to + 1 - firstLsn);
  if (skip === 0 && end === records.length) return batch;
  const part = (records as FrameRecords).slice(skip, end);
  return { firstLsn: from, records: part, time };
}
