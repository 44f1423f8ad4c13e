import { Batch } from "./batch.ts";
import type { BatchLimits } from "./policies/batch_policy.ts";
import { MAX_FRAME_BYTES } from "./storage/format/frame.ts";

const SPARE_BYTES = 4 * 1024 * 1024;

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

  /** An empty queue; the next record gets `nextLsn`. */
  constructor(nextLsn: number, limits: BatchLimits) {
    this.#maxRecords = orUnlimited(limits.records);
    this.#maxBytes = Math.min(orUnlimited(limits.bytes), MAX_FRAME_BYTES);
    this.#open = new Batch(nextLsn);
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
  add(
    record: Uint8Array | string,
    size: number,
    sync: boolean,
    now: number,
  ): number {
    this.#makeRoom(1, size);
    this.#put(record, size, sync, now);
    this.#sealIfFull();
    return this.lastLsn;
  }

  /** Queues records that have to be in one frame; returns the last LSN. */
  addTogether(
    records: (Uint8Array | string)[],
    sizes: number[],
    bytes: number,
    sync: boolean,
    now: number,
  ): number {
    this.#makeRoom(records.length, bytes);
    for (const [index, record] of records.entries()) {
      this.#put(record, sizes[index], sync, now);
    }
    this.#sealIfFull();
    return this.lastLsn;
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
    if (batch.buffer.length <= SPARE_BYTES && this.#spare.length < 2) {
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

  #put(
    record: Uint8Array | string,
    size: number,
    sync: boolean,
    now: number,
  ): void {
    this.#open.add(record, size, now);
    if (sync) this.#open.sync = true;
    this.records++;
    this.bytes += size;
  }

  #sealIfFull(): void {
    const { count, length } = this.#open;
    if (count >= this.#maxRecords || length >= this.#maxBytes) this.#seal();
  }

  #seal(): void {
    this.#sealed.push(this.#open);
    this.#open = new Batch(this.#open.lastLsn + 1, this.#spare.pop());
  }
}

/** A policy cannot break it: at least 1, and what is no number is no limit. */
function orUnlimited(limit: unknown): number {
  return typeof limit === "number" && !Number.isNaN(limit)
    ? Math.max(1, limit)
    : Infinity;
}
