import type { BatchBounds } from "../batch_bounds.ts";
import type { PendingBatch } from "../policies/batch_policy.ts";
import type { FlushedBatch } from "../report_flush.ts";

/** A batch of records of which only the numbers are there. */
export class NumberBatch implements PendingBatch, FlushedBatch {
  records = 0;
  bytes = 0;
  oldestAt = 0;
  newestAt = 0;
  /** Index behind the batch's last append. */
  end = 0;
  readonly firstLsn: number;

  constructor(firstLsn: number) {
    this.firstLsn = firstLsn;
  }

  get lastLsn(): number {
    return this.firstLsn + this.records - 1;
  }
}

/** Batches that wait: the writer's queue, but that it holds no bytes. */
export class NumberQueue {
  /** Records in the queue and in flight. */
  records = 0;
  /** Their bytes with their lengths. */
  bytes = 0;
  readonly #bounds: BatchBounds;
  #sealed: NumberBatch[] = [];
  /** Those before are taken; to shift each out would move all others. */
  #first = 0;
  #open = new NumberBatch(1);

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds;
  }

  /** The batch that is next, or none. */
  get head(): NumberBatch | undefined {
    if (this.headIsSealed) return this.#sealed[this.#first];
    return this.#open.records > 0 ? this.#open : undefined;
  }

  /** Whether the head cannot grow any more. */
  get headIsSealed(): boolean {
    return this.#first < this.#sealed.length;
  }

  /** Queues records that have to be in one frame; `end` is the index behind. */
  add(records: number, bytes: number, now: number, end: number): void {
    if (this.#open.records > 0 && !this.#admits(records, bytes)) this.#seal();
    const open = this.#open;
    if (open.records === 0) open.oldestAt = now;
    open.newestAt = now;
    open.records += records;
    open.bytes += bytes;
    open.end = end;
    this.records += records;
    this.bytes += bytes;
    if (this.#bounds.isReached(open.records, open.bytes)) this.#seal();
  }

  /** Takes the head out to be flushed; it still counts as queued. */
  take(): NumberBatch {
    if (!this.headIsSealed) this.#seal();
    const batch = this.#sealed[this.#first++];
    if (this.#first * 2 >= this.#sealed.length) {
      this.#sealed = this.#sealed.slice(this.#first);
      this.#first = 0;
    }
    return batch;
  }

  /** Counts a batch off. */
  release(batch: NumberBatch): void {
    this.records -= batch.records;
    this.bytes -= batch.bytes;
  }

  #admits(records: number, bytes: number): boolean {
    const open = this.#open;
    return this.#bounds.admit(open.records + records, open.bytes + bytes);
  }

  #seal(): void {
    this.#sealed.push(this.#open);
    this.#open = new NumberBatch(this.#open.lastLsn + 1);
  }
}
