import type { BatchPolicy, PendingBatch } from "../policies/batch_policy.ts";
import {
  type BatchBounds,
  type FlushedBatch,
  joinWithin,
} from "../writer/flush_rules.ts";

const FIRST = 1024;

/**
 * Appends that are not acknowledged yet, in order: those with a place in the
 * queue, then those that wait for room. Columns of numbers, in a ring.
 */
export class AppendLine {
  #mask = FIRST - 1;
  #at = new Float64Array(FIRST);
  #bytes = new Float64Array(FIRST);
  #records = new Float64Array(FIRST);
  #callers = new Float64Array(FIRST);
  #first = 0;
  #placed = 0;
  #end = 0;

  /** Number of appends ever placed, which is the index of the next one. */
  get placed(): number {
    return this.#placed;
  }

  /** Number of appends ever put into it. */
  get end(): number {
    return this.#end;
  }

  /** Whether any append waits for room. */
  get hasWaiting(): boolean {
    return this.#placed < this.#end;
  }

  /** Puts an append at the end, where it waits to be placed. */
  push(at: number, bytes: number, records: number, caller: number): void {
    if (this.#end - this.#first > this.#mask) this.#grow();
    const slot = this.#end++ & this.#mask;
    this.#at[slot] = at;
    this.#bytes[slot] = bytes;
    this.#records[slot] = records;
    this.#callers[slot] = caller;
  }

  /** Bytes of the first append that waits for room. */
  get waitingBytes(): number {
    return this.#bytes[this.#placed & this.#mask];
  }

  /** Records of the first append that waits for room. */
  get waitingRecords(): number {
    return this.#records[this.#placed & this.#mask];
  }

  /** Counts the first append that waits for room as placed. */
  place(): void {
    this.#placed++;
  }

  /** Removes, in order, the appends before the index `end`. */
  takeUntil(end: number, taken: (at: number, caller: number) => void): void {
    while (this.#first < end) {
      const slot = this.#first++ & this.#mask;
      taken(this.#at[slot], this.#callers[slot]);
    }
  }

  #grow(): void {
    this.#at = this.#twice(this.#at);
    this.#bytes = this.#twice(this.#bytes);
    this.#records = this.#twice(this.#records);
    this.#callers = this.#twice(this.#callers);
    this.#mask = this.#mask * 2 + 1;
  }

  /** A slot is an index modulo the size: entries may move in a larger ring. */
  #twice(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const grown = new Float64Array(column.length * 2);
    for (let index = this.#first; index < this.#end; index++) {
      grown[index & grown.length - 1] = column[index & this.#mask];
    }
    return grown;
  }
}

/** A batch of records, of which only the numbers exist. */
export class NumberBatch implements PendingBatch, FlushedBatch {
  records = 0;
  bytes = 0;
  oldestAt = 0;
  newestAt = 0;
  /** Index after the batch's last append. */
  end = 0;
  readonly firstLsn: number;

  constructor(firstLsn: number) {
    this.firstLsn = firstLsn;
  }

  get lastLsn(): number {
    return this.firstLsn + this.records - 1;
  }

  /** Takes in the records of `next`, which follow these. */
  absorb(next: NumberBatch): void {
    this.records += next.records;
    this.bytes += next.bytes;
    this.newestAt = next.newestAt;
    this.end = next.end;
  }
}

/** The batches that wait: the writer's queue, but without the bytes. */
export class NumberQueue {
  /** Records in the queue and in flight. */
  records = 0;
  /** Their bytes, including their lengths. */
  bytes = 0;
  #bounds: BatchBounds;
  #sealed: NumberBatch[] = [];
  /** Batches before it are taken; shifting each one out would move the rest. */
  #first = 0;
  #open = new NumberBatch(1);

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds;
  }

  /** LSN of the last record queued. */
  get lastLsn(): number {
    return this.#open.lastLsn;
  }

  /** The next batch to flush, if any. */
  get head(): NumberBatch | undefined {
    if (this.headIsSealed) return this.#sealed[this.#first];
    return this.#open.records > 0 ? this.#open : undefined;
  }

  /** Whether the head can no longer grow. */
  get headIsSealed(): boolean {
    return this.#first < this.#sealed.length;
  }

  /** Queues records that must share a frame; `end` is the index after them. */
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
    this.#sealIfFull();
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

  /** Adopts the limits that `policy` has after a flush. */
  updateBounds(policy: BatchPolicy): void {
    const bounds = this.#bounds.after(policy);
    if (bounds === this.#bounds) return;
    this.#bounds = bounds;
    const waiting = this.#sealed.slice(this.#first);
    const joined = joinWithin(bounds, [...waiting, this.#open]);
    this.#open = joined.pop() ?? this.#open;
    this.#sealed = joined;
    this.#first = 0;
    this.#sealIfFull();
  }

  #admits(records: number, bytes: number): boolean {
    const open = this.#open;
    return this.#bounds.admit(open.records + records, open.bytes + bytes);
  }

  #sealIfFull(): void {
    const { records, bytes } = this.#open;
    if (this.#bounds.isReached(records, bytes)) this.#seal();
  }

  #seal(): void {
    this.#sealed.push(this.#open);
    this.#open = new NumberBatch(this.#open.lastLsn + 1);
  }
}
