import {
  FRAME_HEADER_BYTES,
  FrameRecords,
  FrameWindow,
  RECORD_HEADER_BYTES,
} from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import type { AckLevel } from "./acks.ts";
import type { Batch, BatchQueue, QueuedBatches } from "./batch.ts";

/** A batch that every follower is given as it is. */
export interface SharedBatch extends RecordBatch {
  /** The level that it had reached when it was written. */
  readonly level: AckLevel;
}

/** A frame that was written lately. */
export interface RecentFrame {
  /** Its records. */
  readonly batch: SharedBatch;
  /** The answer of an iterator that hands it out. */
  readonly next: { readonly done: false; readonly value: SharedBatch };
  /** LSN of its last record. */
  readonly lastLsn: number;
  /** Bytes of its records and their lengths. */
  readonly bytes: number;
}

/** Called with the frame that was just written, if that is all. */
export type Wake = (written?: RecentFrame) => void;

/** Bounds of what is kept for followers that are a little late. */
const MOST_FRAMES = 64;
const MOST_BYTES = 1024 * 1024;

/** Smaller frames share memory, because allocating it takes a microsecond. */
const CHUNK_BYTES = 64 * 1024;
const MOST_SHARED_BYTES = CHUNK_BYTES / 8;

/**
 * The end of a log that is being written, for those who follow it: wakes them,
 * and shows them what is queued and what was just written, all of them the same
 * bytes. While nobody watches, it keeps nothing.
 */
export class LiveTail {
  readonly #queue: BatchQueue;
  readonly #watchers = new Set<Wake>();
  /** Those that want to see records as soon as they are queued. */
  readonly #eager = new Set<Wake>();
  /** The last frames written, without gaps. */
  #frames: RecentFrame[] = [];
  #bytes = 0;
  /** Where small frames are copied to, and how far it is filled. */
  #chunk: FrameWindow | undefined;
  #filled = 0;
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

  /**
   * Calls `wake` in the same turn whenever records are written or synced, or
   * the log is cut back or ends; at level `"memory"`, when records are queued
   * too. Returns what ends that.
   */
  watch(wake: Wake, level: AckLevel): () => void {
    this.#watchers.add(wake);
    if (level === "memory") {
      this.#eager.add(wake);
      this.#queue.onAdded = this.#queued;
    }
    return () => this.#unwatch(wake);
  }

  /**
   * Keeps a frame that was just written, and perhaps `synced`, if somebody
   * watches; returns it for {@linkcode LiveTail.tell}.
   */
  keep(
    batch: Batch,
    synced: boolean,
    time: number | undefined,
  ): RecentFrame | undefined {
    if (this.#watchers.size === 0) return undefined;
    const { firstLsn, lastLsn, length: bytes } = batch;
    if (bytes > MOST_BYTES) return this.#forget();
    const level = synced ? "disk" : "os";
    const records = this.#copy(batch);
    const shared = Object.freeze({ firstLsn, records, time, level } as const);
    const next = Object.freeze({ done: false, value: shared } as const);
    const frame = { batch: shared, next, lastLsn, bytes };
    this.#frames.push(frame);
    this.#bytes += bytes;
    while (this.#frames.length > MOST_FRAMES || this.#bytes > MOST_BYTES) {
      this.#bytes -= this.#frames.shift()!.bytes;
    }
    return frame;
  }

  /** Wakes all who watch; `written` is a frame that was just kept. */
  tell(written?: RecentFrame): void {
    for (const wake of this.#watchers) wake(written);
  }

  /** Drops what it has beyond record `lastLsn`, and wakes all. */
  cut(lastLsn: number): void {
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
    const batch = findBatch(this.#queue.batches, from);
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

  /** The records of a batch, in memory that nothing else will use. */
  #copy({ buffer, count, length, isShared }: Batch): FrameRecords {
    const start = FRAME_HEADER_BYTES;
    // Those who saw it in the queue hold its memory anyway.
    if (isShared) {
      return new FrameRecords(new FrameWindow(buffer), start, count);
    }
    const bytes = buffer.subarray(start, start + length);
    if (length > MOST_SHARED_BYTES) {
      return new FrameRecords(new FrameWindow(bytes.slice()), 0, count);
    }
    if (this.#filled + length > CHUNK_BYTES) this.#chunk = undefined;
    if (this.#chunk === undefined) this.#filled = 0;
    this.#chunk ??= new FrameWindow(new Uint8Array(CHUNK_BYTES));
    const at = this.#filled;
    this.#filled += length;
    this.#chunk.part(at, this.#filled).set(bytes);
    return new FrameRecords(this.#chunk, at, count);
  }

  #unwatch(wake: Wake): void {
    this.#watchers.delete(wake);
    if (this.#eager.delete(wake) && this.#eager.size === 0) {
      this.#queue.onAdded = undefined;
    }
    if (this.#watchers.size === 0) this.#forget();
  }

  #forget(): undefined {
    this.#frames = [];
    this.#bytes = 0;
    this.#chunk = undefined;
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

/** The batch in which record `lsn` waits, or is being flushed, if any. */
function findBatch(
  { taken, sealed, open }: QueuedBatches,
  lsn: number,
): Batch | undefined {
  if (lsn > open.lastLsn) return undefined;
  if (lsn >= open.firstLsn) return open;
  if (lsn < (sealed[0] ?? open).firstLsn) {
    return taken.findLast(({ firstLsn }) => lsn >= firstLsn);
  }
  let low = 0;
  for (let high = sealed.length; high - low > 1;) {
    const middle = low + high >> 1;
    if (sealed[middle].firstLsn <= lsn) low = middle;
    else high = middle;
  }
  return sealed[low];
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
