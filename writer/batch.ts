import { invariant } from "../invariant.ts";
import type {
  BatchLimits,
  BatchPolicy,
  PendingBatch,
} from "../policies/batch_policy.ts";
import {
  encodeMeta,
  FRAME_HEADER_BYTES,
  frameBytes,
  type LogMeta,
  measureMeta,
  RECORD_HEADER_BYTES,
} from "../storage/format/mod.ts";
import type { FrameDraft } from "../storage/frame_log.ts";
import { BatchBounds, DEFAULT_BATCH_BYTES, joinWithin } from "./flush_rules.ts";
import { encodeRecord, type RecordBlock, type RecordInput } from "./record.ts";

const FIRST_BUFFER_BYTES = 4096;

/**
 * Records that wait to be flushed together, already laid out as their frame:
 * room for the header, then one record after the other.
 */
export class Batch implements PendingBatch, FrameDraft {
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** When the first record arrived. */
  oldestAt = 0;
  /** When the last record arrived. */
  newestAt = 0;
  /** Number of records. */
  count = 0;
  /** Bytes of the records, including their lengths. */
  length = 0;
  /** Whether any record asks for a sync. */
  sync = false;
  /** The log's metadata from here on, after the last record. */
  meta: LogMeta | undefined;
  /** When it was written, if the log has told; see `RecordBatch.time`. */
  time: number | undefined;
  /** Whether somebody was shown its records, so its memory is not reused. */
  isShared = false;
  /** Holds the future frame; can be longer than it. */
  buffer: Uint8Array<ArrayBuffer>;

  readonly #maxBytes: number;

  /** An empty batch for about `maxBytes` of records; may reuse `buffer`. */
  constructor(
    firstLsn: number,
    maxBytes: number,
    buffer?: Uint8Array<ArrayBuffer>,
  ) {
    this.firstLsn = firstLsn;
    this.#maxBytes = maxBytes;
    this.buffer = buffer ?? new Uint8Array(FIRST_BUFFER_BYTES);
  }

  /** The number of records, under the name that policies use. */
  get records(): number {
    return this.count;
  }

  /** The bytes of the records, under the name that policies use. */
  get bytes(): number {
    return this.length;
  }

  /** LSN of the last record. */
  get lastLsn(): number {
    return this.firstLsn + this.count - 1;
  }

  /** Copies `record`, of `size` measured bytes, to the end. */
  add(record: RecordInput, size: number): void {
    this.#makeRoom(size);
    const at = FRAME_HEADER_BYTES + this.length;
    encodeRecord(this.buffer, at, record, size);
    this.count++;
    this.length += size;
  }

  /** Copies records of `sizes`, `bytes` in total, to the end. */
  addAll(
    records: readonly RecordInput[],
    sizes: readonly number[],
    bytes: number,
  ): void {
    this.#makeRoom(bytes);
    const at = FRAME_HEADER_BYTES + this.length;
    encodeRecords(this.buffer, at, records, sizes);
    this.count += records.length;
    this.length += bytes;
  }

  /** Copies `count` records that are laid out already to the end. */
  addLaidOut(bytes: Uint8Array, count: number): void {
    this.#makeRoom(bytes.length);
    this.buffer.set(bytes, FRAME_HEADER_BYTES + this.length);
    this.count += count;
    this.length += bytes.length;
  }

  /** Whether nothing may be added: metadata comes last. */
  get isEnded(): boolean {
    return this.meta !== undefined;
  }

  /** Adds metadata after the last record. */
  end(meta: LogMeta): void {
    const size = measureMeta(meta.bytes);
    this.#makeRoom(size);
    const at = FRAME_HEADER_BYTES + this.length;
    encodeRecord(this.buffer, at, encodeMeta(meta), size);
    this.length += size;
    this.meta = meta;
  }

  /** Copies the records of `next`, which follow these, to the end. */
  absorb(next: Batch): void {
    this.#makeRoom(next.length);
    const end = FRAME_HEADER_BYTES + next.length;
    const records = next.buffer.subarray(FRAME_HEADER_BYTES, end);
    this.buffer.set(records, FRAME_HEADER_BYTES + this.length);
    this.count += next.count;
    this.length += next.length;
    this.newestAt = next.newestAt;
    this.sync ||= next.sync;
    this.meta = next.meta;
  }

  #makeRoom(bytes: number): void {
    const needed = frameBytes(this.length + bytes);
    if (needed <= this.buffer.length) return;
    const ample = Math.min(this.buffer.length * 2, frameBytes(this.#maxBytes));
    const grown = new Uint8Array(Math.max(needed, ample));
    grown.set(this.buffer.subarray(0, FRAME_HEADER_BYTES + this.length));
    this.buffer = grown;
  }
}

/** The batches of a queue, in the order of their records. */
export interface QueuedBatches {
  /** Those that are being flushed. */
  readonly taken: readonly Batch[];
  /** Those that can no longer grow. */
  readonly sealed: readonly Batch[];
  /** The one that grows. */
  readonly open: Batch;
}

const SPARES = 2;
const MAX_SPARE_BYTES = frameBytes(DEFAULT_BATCH_BYTES);

/** The batches that wait: some sealed, the last one open. Assigns LSNs. */
export class BatchQueue {
  #bounds: BatchBounds;
  #sealed: Batch[] = [];
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #open: Batch;
  #metaVersion: number;
  /** The batches that are being flushed. */
  #taken: Batch[] = [];
  /** Called for each call that adds records, while somebody wants to know. */
  onAdded: (() => void) | undefined;
  /** Records queued and not yet released. */
  records = 0;
  /** Their bytes, including their lengths. */
  bytes = 0;
  /**
   * Arrival time of the next records, in ms. Not an argument of `add`, because
   * passing a fractional number allocates memory for each record.
   */
  arrivedAt = 0;

  /**
   * An empty queue; the next record gets `nextLsn`, and the next metadata a
   * version above `metaVersion`.
   */
  constructor(
    nextLsn: number,
    limits: BatchLimits | undefined,
    metaVersion = 0,
  ) {
    this.#metaVersion = metaVersion;
    this.#bounds = new BatchBounds(limits);
    this.#open = new Batch(nextLsn, this.#bounds.bytes);
  }

  /** LSN of the last record queued. */
  get lastLsn(): number {
    return this.#open.lastLsn;
  }

  /** When the oldest record arrived, in ms; `NaN` if there is none. */
  get oldestAt(): number {
    return (this.#taken[0] ?? this.head)?.oldestAt ?? NaN;
  }

  /** The next batch to flush, if any. */
  get head(): Batch | undefined {
    return this.#sealed[0] ?? (this.#open.count > 0 ? this.#open : undefined);
  }

  /** Whether the head can no longer grow. */
  get headIsSealed(): boolean {
    return this.#sealed.length > 0;
  }

  /** Queues a record of `size` measured bytes; returns its LSN. */
  add(record: RecordInput, size: number, sync: boolean): number {
    this.#makeRoom(1, size);
    this.#open.add(record, size);
    return this.#added(1, size, sync);
  }

  /**
   * Queues records that must share a frame, and metadata to go with them, of
   * `bytes` together; returns the last LSN.
   */
  addTogether(
    records: RecordInput[],
    sizes: number[],
    bytes: number,
    sync: boolean,
    meta?: Uint8Array<ArrayBuffer>,
  ): number {
    this.#makeRoom(records.length, bytes);
    if (meta === undefined) {
      this.#open.addAll(records, sizes, bytes);
      return this.#added(records.length, bytes, sync);
    }
    const size = measureMeta(meta);
    this.#open.addAll(records, sizes, bytes - size);
    this.#open.end({ version: this.nextMetaVersion(), bytes: meta });
    return this.#added(records.length, bytes, sync);
  }

  /** The version of the metadata that are set next. */
  nextMetaVersion(): number {
    return ++this.#metaVersion;
  }

  /**
   * Queues `count` records that are laid out already, as if they came one by one
   * unless they must share a frame; returns the last LSN.
   */
  addBlock(block: RecordBlock, count: number, sync: boolean): number {
    const { bytes, isAtomic } = block;
    const { count: has, length } = this.#open;
    if (isAtomic || this.#bounds.admit(has + count, length + bytes.length)) {
      this.#makeRoom(count, bytes.length);
      this.#open.addLaidOut(bytes, count);
      return this.#added(count, bytes.length, sync);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0, left = count; left > 0;) {
      const { taken, end } = this.#fitting(view, at, left);
      this.#open.addLaidOut(bytes.subarray(at, end), taken);
      this.#added(taken, end - at, sync);
      at = end;
      left -= taken;
    }
    return this.lastLsn;
  }

  /** How many of `left` records fit into the open batch; at least one. */
  #fitting(
    view: DataView,
    at: number,
    left: number,
  ): { taken: number; end: number } {
    const sizeAt = (at: number) =>
      RECORD_HEADER_BYTES + view.getUint32(at, true);
    this.#makeRoom(1, sizeAt(at));
    const bounds = this.#bounds;
    const { count, length } = this.#open;
    let end = at + sizeAt(at);
    let taken = 1;
    for (; taken < left; taken++) {
      if (bounds.isReached(count + taken, length + end - at)) break;
      const next = end + sizeAt(end);
      if (!bounds.admit(count + taken + 1, length + next - at)) break;
      end = next;
    }
    return { taken, end };
  }

  /** Takes the head out to be flushed; it still counts as queued. */
  take(): Batch {
    if (this.#sealed.length === 0) this.#seal();
    const batch = this.#sealed.shift()!;
    invariant(batch.count > 0, "a flush without a record");
    this.#taken.push(batch);
    return batch;
  }

  /** All batches of which records are queued; the open one may be empty. */
  get batches(): QueuedBatches {
    return { taken: this.#taken, sealed: this.#sealed, open: this.#open };
  }

  /** Counts the batch off that was taken first, and keeps its buffer for reuse. */
  release(batch: Batch): void {
    this.#taken.shift();
    this.records -= batch.count;
    this.bytes -= batch.length;
    invariant(this.records >= 0 && this.bytes >= 0, "a batch released twice");
    const { length } = batch.buffer;
    if (batch.isShared) return;
    if (length <= MAX_SPARE_BYTES && this.#spare.length < SPARES) {
      this.#spare.push(batch.buffer);
    }
  }

  /** Adopts the limits that `policy` has after a flush. */
  updateBounds(policy: BatchPolicy): void {
    const bounds = this.#bounds.after(policy);
    if (bounds === this.#bounds) return;
    this.#bounds = bounds;
    const joined = joinWithin(bounds, [...this.#sealed, this.#open]);
    this.#open = joined.pop() ?? this.#open;
    this.#sealed = joined;
    this.#sealIfFull();
  }

  /** Drops all records; the next one gets `nextLsn`. Returns how many. */
  rollBack(nextLsn: number): number {
    const { records } = this;
    this.#sealed.length = 0;
    this.#taken.length = 0;
    this.#open = new Batch(nextLsn, this.#bounds.bytes);
    this.records = 0;
    this.bytes = 0;
    return records;
  }

  #makeRoom(records: number, bytes: number): void {
    const { count, length } = this.#open;
    if (count === 0) return;
    if (!this.#bounds.admit(count + records, length + bytes)) this.#seal();
  }

  /** Counts the records just added; returns the last LSN. */
  #added(records: number, bytes: number, sync: boolean): number {
    const open = this.#open;
    const { count, lastLsn } = open;
    if (count === records) open.oldestAt = this.arrivedAt;
    open.newestAt = this.arrivedAt;
    if (sync) open.sync = true;
    this.records += records;
    this.bytes += bytes;
    this.#sealIfFull();
    this.onAdded?.();
    return lastLsn;
  }

  #sealIfFull(): void {
    const { count, length, isEnded } = this.#open;
    if (isEnded || this.#bounds.isReached(count, length)) this.#seal();
  }

  #seal(): void {
    this.#sealed.push(this.#open);
    const nextLsn = this.#open.lastLsn + 1;
    this.#open = new Batch(nextLsn, this.#bounds.bytes, this.#spare.pop());
  }
}

/** Writes records of `sizes` one after the other. */
export function encodeRecords(
  into: Uint8Array,
  at: number,
  records: readonly RecordInput[],
  sizes: readonly number[],
): void {
  let next = at;
  for (let index = 0; index < records.length; index++) {
    encodeRecord(into, next, records[index], sizes[index]);
    next += sizes[index];
  }
}
