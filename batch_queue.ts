import { Batch } from "./batch.ts";
import type { BatchLimits } from "./policies/batch_policy.ts";
import { frameBytes, MAX_FRAME_BYTES } from "./storage/format/frame.ts";

/**
 * Bytes at which a batch is sealed where the policy names no limit. A larger
 * write is no faster per byte, and so the memory for what waits stays in step
 * with what waits. Records that have to share a frame may take more.
 */
export const DEFAULT_BATCH_BYTES = 4 * 1024 * 1024;

const SPARES = 2;
const MAX_SPARE_BYTES = frameBytes(DEFAULT_BATCH_BYTES);

/** Batches that wait: some sealed, the last one open. Gives out LSNs. */
export class BatchQueue {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #sealed: Batch[] = [];
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #open: Batch;
  /** Records given to the queue and not yet released. */
  records = 0;
  /** Their bytes with their lengths. */
  bytes = 0;
  /**
   * When what is queued next has come, in ms. No argument of `add`, as a
   * number with a fraction that is handed on is allocated for each record.
   */
  arrivedAt = 0;

  /** An empty queue; the next record gets `nextLsn`. */
  constructor(nextLsn: number, limits: BatchLimits) {
    this.#maxRecords = orElse(Infinity, limits.records);
    const maxBytes = orElse(DEFAULT_BATCH_BYTES, limits.bytes);
    this.#maxBytes = Math.min(maxBytes, MAX_FRAME_BYTES);
    this.#open = new Batch(nextLsn, this.#maxBytes);
  }

  /** LSN of the last record queued. */
  get lastLsn(): number {
    return this.#open.lastLsn;
  }

  /** The batch that is next, or none. */
  get head(): Batch | undefined {
    return this.#sealed[0] ?? (this.#open.count > 0 ? this.#open : undefined);
  }

  /** Whether the head cannot grow any more. */
  get headIsSealed(): boolean {
    return this.#sealed.length > 0;
  }

  /** Queues a record of `size` measured bytes; returns its LSN. */
  add(record: Uint8Array | string, size: number, sync: boolean): number {
    this.#makeRoom(1, size);
    this.#open.add(record, size);
    return this.#added(1, size, sync);
  }

  /** Queues records that have to be in one frame; returns the last LSN. */
  addTogether(
    records: (Uint8Array | string)[],
    sizes: number[],
    bytes: number,
    sync: boolean,
  ): number {
    this.#makeRoom(records.length, bytes);
    this.#open.addAll(records, sizes, bytes);
    return this.#added(records.length, bytes, sync);
  }

  /** Takes the head out to be flushed; it still counts as queued. */
  take(): Batch {
    if (this.#sealed.length === 0) this.#seal();
    return this.#sealed.shift()!;
  }

  /** Counts a batch off, and keeps its buffer for another. */
  release(batch: Batch): void {
    this.records -= batch.count;
    this.bytes -= batch.length;
    const { length } = batch.buffer;
    if (length <= MAX_SPARE_BYTES && this.#spare.length < SPARES) {
      this.#spare.push(batch.buffer);
    }
  }

  #makeRoom(records: number, bytes: number): void {
    const { count, length } = this.#open;
    if (count === 0) return;
    if (
      length + bytes > this.#maxBytes || count + records > this.#maxRecords
    ) this.#seal();
  }

  /** Counts what came in; returns the last LSN. */
  #added(records: number, bytes: number, sync: boolean): number {
    const open = this.#open;
    const { count, length, lastLsn } = open;
    if (count === records) open.oldestAt = this.arrivedAt;
    open.newestAt = this.arrivedAt;
    if (sync) open.sync = true;
    this.records += records;
    this.bytes += bytes;
    if (count >= this.#maxRecords || length >= this.#maxBytes) this.#seal();
    return lastLsn;
  }

  #seal(): void {
    this.#sealed.push(this.#open);
    const nextLsn = this.#open.lastLsn + 1;
    this.#open = new Batch(nextLsn, this.#maxBytes, this.#spare.pop());
  }
}

/** A policy cannot break it: at least 1, and what is no number is none. */
function orElse(unlimited: number, limit: unknown): number {
  return typeof limit === "number" && !Number.isNaN(limit)
    ? Math.max(1, limit)
    : unlimited;
}
