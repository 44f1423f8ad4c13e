import type { FlushReason, FlushReport } from "../policies/batch_policy.ts";
import type { Listeners } from "./listeners.ts";
import type { LsnRange } from "./record.ts";

/** What became of an append: the flush that it was in. */
export interface FlushReceipt {
  /** Records that shared the flush. */
  readonly records: number;
  /** Their bytes, with 4 for each record. */
  readonly bytes: number;
  /** Why it was flushed. */
  readonly reason: FlushReason;
  /** Ms from the call to the write, with the time it waited for room. */
  readonly queueMs: number;
  /** Ms of the write. */
  readonly writeMs: number;
  /** Ms of the sync; 0 if the flush was not synced. */
  readonly syncMs: number;
}

/** The answer to `append` with `receipt`. */
export interface AppendReceipt extends FlushReceipt {
  /** LSN of the record. */
  readonly lsn: number;
}

/** The answer to `appendBatch` with `receipt`. */
export interface BatchReceipt extends FlushReceipt, LsnRange {}

/** An append that waits for its receipt. */
interface Waiting {
  readonly calledAt: number;
  readonly give: (receipt: FlushReceipt) => void;
}

/** Gives receipts to the appends that asked for one. */
export class Receipts {
  /** By LSN; one that found no space stays until its LSN is used again. */
  readonly #waiting = new Map<number, Waiting>();

  /** Learns of each flush. */
  constructor(flushes: Listeners<FlushReport>) {
    flushes.add((flush) => this.#give(flush));
  }

  /** The receipt of record `lsn`, which was just queued by a call at an instant. */
  of(lsn: number, calledAt: number): Promise<FlushReceipt> {
    return new Promise((give) => this.#waiting.set(lsn, { calledAt, give }));
  }

  #give(flush: FlushReport): void {
    if (this.#waiting.size === 0) return;
    const { records, bytes, reason, startedAt, writtenAt, endedAt } = flush;
    for (let lsn = flush.firstLsn; lsn <= flush.lastLsn; lsn++) {
      const waiting = this.#waiting.get(lsn);
      if (waiting === undefined) continue;
      this.#waiting.delete(lsn);
      waiting.give({
        ...{ records, bytes, reason },
        queueMs: Math.max(0, startedAt - waiting.calledAt),
        writeMs: writtenAt - startedAt,
        syncMs: endedAt - writtenAt,
      });
    }
  }
}
