import type { PendingBatch } from "./policies/batch_policy.ts";
import { encodeRecord } from "./encode_record.ts";
import { FRAME_HEADER_BYTES, frameBytes } from "./storage/format/frame.ts";
import type { FrameDraft } from "./storage/frame_log.ts";

const FIRST_BYTES = 4096;

/**
 * Records that wait to be flushed together, already laid out as the frame that
 * they will be: room for the header, then each record behind the other.
 */
export class Batch implements PendingBatch, FrameDraft {
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** When the first record came. */
  oldestAt = 0;
  /** When the last record came. */
  newestAt = 0;
  /** Number of records. */
  count = 0;
  /** Bytes of the records with their lengths. */
  length = 0;
  /** Whether any record asks to be synced. */
  sync = false;
  /** The frame in the making; may be larger than the frame. */
  buffer: Uint8Array<ArrayBuffer>;

  /** An empty batch that may reuse `buffer`. */
  constructor(firstLsn: number, buffer?: Uint8Array<ArrayBuffer>) {
    this.firstLsn = firstLsn;
    this.buffer = buffer ?? new Uint8Array(FIRST_BYTES);
  }

  /** Number of records, in a policy's words. */
  get records(): number {
    return this.count;
  }

  /** Bytes of the records with their lengths, in a policy's words. */
  get bytes(): number {
    return this.length;
  }

  /** LSN of the last record. */
  get lastLsn(): number {
    return this.firstLsn + this.count - 1;
  }

  /** Copies `record`, of `size` measured bytes, to the end. */
  add(record: Uint8Array | string, size: number, now: number): void {
    const at = FRAME_HEADER_BYTES + this.length;
    if (frameBytes(this.length + size) > this.buffer.length) this.#grow(size);
    encodeRecord(this.buffer, at, record, size);
    this.length += size;
    if (this.count++ === 0) this.oldestAt = now;
    this.newestAt = now;
  }

  #grow(size: number): void {
    const needed = frameBytes(this.length + size);
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, FRAME_HEADER_BYTES + this.length));
    this.buffer = grown;
  }
}
