import type { BatchBounds, FlushedBatch } from "../writer/flush_rules.ts";
import type { PendingBatch } from "../policies/batch_policy.ts";

const FIRST = 1024;

/**
 * Appends that are not acknowledged yet, in order: those that have their place
 * in the queue, then those that wait for room. Columns of numbers, in a ring.
 */
export class EntryLine {
  #mask = FIRST - 1;
  #at = new Float64Array(FIRST);
  #bytes = new Float64Array(FIRST);
  #records = new Float64Array(FIRST);
  #callers = new Float64Array(FIRST);
  #first = 0;
  #placed = 0;
  #end = 0;

  /** Number of appends ever placed; the index of the next one. */
  get placed(): number {
    return this.#placed;
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

  /** Says that the first append which waited for room has its place now. */
  place(): void {
    this.#placed++;
  }

  /** Takes out, in order, the appends before the index `end`. */
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

  /** A slot is an index modulo the size: each has its place in the new ring. */
  #twice(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const grown = new Float64Array(column.length * 2);
    for (let index = this.#first; index < this.#end; index++) {
      grown[index & grown.length - 1] = column[index & this.#mask];
    }
    return grown;
  }
}

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
