import type { FollowedBatch } from "../reader/follow.ts";
import type { FollowOptions } from "../reader/following.ts";
import type { ReadBatchesOptions } from "../reader/reads.ts";
import type { LogIterator } from "../reader/serial_generator.ts";
import { RECORD_HEADER_BYTES } from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { encodeRecord } from "../writer/record.ts";
import {
  READ_AHEAD_BYTES,
  type ReadRequest,
  type SentBatch,
} from "./protocol.ts";

/** A log that batches are read from. */
export interface ReadableLog {
  readBatches(options: ReadBatchesOptions): LogIterator<RecordBatch>;
  followBatches(options: FollowOptions): LogIterator<FollowedBatch>;
}

/** What becomes of a read. */
export interface SentReadEvents {
  readonly batch: (batch: SentBatch) => void;
  readonly end: () => void;
  readonly failed: (error: unknown) => void;
  /** In any case, after all others. */
  readonly ended: () => void;
}

/** What a message costs in addition to its records, in bytes. */
const MESSAGE_BYTES = 64;

/** Batches of a log, sent as far ahead as there is credit. */
export class SentRead {
  readonly #batches: LogIterator<RecordBatch>;
  readonly #events: SentReadEvents;
  #credit = READ_AHEAD_BYTES;
  #isStopped = false;
  /** Continues once there is credit. */
  #goOn: (() => void) | undefined;

  /** Reads `log`; nothing happens before `begin`. */
  constructor(
    log: ReadableLog,
    { kind, options }: ReadRequest,
    events: SentReadEvents,
  ) {
    this.#batches = kind === "follow"
      ? log.followBatches(options)
      : log.readBatches(options);
    this.#events = events;
  }

  /** Sends until it ends. */
  begin(): void {
    void this.#send();
  }

  /** The caller has taken that many bytes. */
  credit(bytes: number): void {
    this.#credit += bytes;
    this.#goOn?.();
  }

  /** Ends it. */
  stop(): void {
    this.#isStopped = true;
    this.#goOn?.();
    this.#batches.return(undefined).catch(() => {});
  }

  async #send(): Promise<void> {
    const { batch, end, failed, ended } = this.#events;
    try {
      while (!this.#isStopped) {
        const { done, value } = await this.#batches.next();
        if (done) {
          end();
          break;
        }
        if (value.records.length === 0) continue;
        const sent = layOut(value);
        this.#credit -= sent.cost;
        batch(sent);
        while (this.#credit <= 0 && !this.#isStopped) await this.#hasCredit();
      }
    } catch (error) {
      failed(error);
    } finally {
      ended();
    }
  }

  #hasCredit(): Promise<void> {
    return new Promise((resolve) => this.#goOn = resolve);
  }
}

/** A copy of the records of a batch. */
function layOut(batch: RecordBatch): SentBatch {
  const { firstLsn, records } = batch;
  let size = 0;
  for (const record of records) size += RECORD_HEADER_BYTES + record.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const record of records) {
    encodeRecord(bytes, at, record, RECORD_HEADER_BYTES + record.length);
    at += RECORD_HEADER_BYTES + record.length;
  }
  const { level } = batch as Partial<FollowedBatch>;
  const cost = size + MESSAGE_BYTES;
  return { firstLsn, count: records.length, bytes, cost, level };
}
