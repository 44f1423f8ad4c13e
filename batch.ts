import type { PendingBatch } from "./policies/batch_policy.ts";
import { encodeRecord } from "./encode_record.ts";
import { FRAME_HEADER_BYTES, frameBytes } from "./storage/format/frame.ts";
import type { FrameDraft } from "./storage/frame_log.ts";

const FIRST_BUFFER_BYTES = 4096;

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

  readonly #maxBytes: number;

  /** An empty batch for some `maxBytes` of records; may reuse `buffer`. */
  constructor(
    firstLsn: number,
    maxBytes: number,
    buffer?: Uint8Array<ArrayBuffer>,
  ) {
    this.firstLsn = firstLsn;
    this.#maxBytes = maxBytes;
    this.buffer = buffer ?? new Uint8Array(FIRST_BUFFER_BYTES);
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
  add(record: Uint8Array | string, size: number): void {
    this.#makeRoom(size);
    const at = FRAME_HEADER_BYTES + this.length;
    encodeRecord(this.buffer, at, record, size);
    this.count++;
    this.length += size;
  }

  /** Copies records of `sizes`, `bytes` together, to the end. */
  addAll(
    records: readonly (Uint8Array | string)[],
    sizes: readonly number[],
    bytes: number,
  ): void {
    this.#makeRoom(bytes);
    const { buffer } = this;
    let at = FRAME_HEADER_BYTES + this.length;
    for (let index = 0; index < records.length; index++) {
      encodeRecord(buffer, at, records[index], sizes[index]);
      at += sizes[index];
    }
    this.count += records.length;
    this.length += bytes;
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
