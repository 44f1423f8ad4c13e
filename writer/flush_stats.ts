import type { FlushReason, FlushReport } from "../policies/batch_policy.ts";
import { noReasons } from "./flush_rules.ts";
import { Histogram } from "./histogram.ts";
import { Listeners } from "./listeners.ts";

/** A sync that has ended: that of a flush, or one alone. */
export interface SyncReport {
  /** LSN up to which everything is durable. */
  readonly durableLsn: number;
  /** When it began, in ms on the log's clock. */
  readonly startedAt: number;
  /** When it ended, in ms on the log's clock. */
  readonly endedAt: number;
}

/** Steps of times: a microsecond. */
const PER_MS = 1000;

/**
 * What a log has done since it was opened, added up flush by flush: nothing
 * here happens once per record.
 */
export class FlushStats {
  /** Number of flushes for each reason. */
  readonly reasons: Record<FlushReason, number> = noReasons();
  /** Records of each flush. */
  readonly records: Histogram = new Histogram();
  /** Bytes of each flush, with the lengths of its records. */
  readonly bytes: Histogram = new Histogram();
  /** Ms from the arrival of a flush's oldest record to its write. */
  readonly queueMs: Histogram = new Histogram(PER_MS);
  /** Ms of each write. */
  readonly writeMs: Histogram = new Histogram(PER_MS);
  /** Ms of each sync. */
  readonly syncMs: Histogram = new Histogram(PER_MS);
  /** Ms from the arrival of a flush's oldest record to its end. */
  readonly ackMs: Histogram = new Histogram(PER_MS);
  /** Those who want to know about each flush. */
  readonly listeners: Listeners<FlushReport> = new Listeners();
  /** Those who want to know about each sync. */
  readonly syncListeners: Listeners<SyncReport> = new Listeners();
  #unsyncedBytes = 0;
  #unsyncedSince = NaN;
  /** When each of those in progress began. */
  readonly #begun: number[] = [];

  /** Bytes that are written and not synced. */
  get unsyncedBytes(): number {
    return this.#unsyncedBytes;
  }

  /** When the oldest record arrived that is written and not synced; or `NaN`. */
  get unsyncedSince(): number {
    return this.#unsyncedSince;
  }

  /** When the oldest write or sync began that has not ended yet; or `NaN`. */
  get busySince(): number {
    return this.#begun[0] ?? NaN;
  }

  /** A flush, or a sync alone, begins. */
  begin(now: number): void {
    this.#begun.push(now);
  }

  /** What was begun first has ended; nothing is known of it. */
  end(): void {
    this.#begun.shift();
  }

  /** Nothing that was begun counts any more. */
  endAll(): void {
    this.#begun.length = 0;
  }

  /** A flush has ended. */
  add(flush: FlushReport, synced: boolean): void {
    const { startedAt, writtenAt, endedAt, oldestAt } = flush;
    this.reasons[flush.reason]++;
    this.records.add(flush.records);
    this.bytes.add(flush.bytes);
    this.queueMs.add(startedAt - oldestAt);
    this.writeMs.add(writtenAt - startedAt);
    this.ackMs.add(endedAt - oldestAt);
    if (synced) this.synced(flush.lastLsn, writtenAt, endedAt);
    else {
      this.#unsyncedBytes += flush.bytes;
      if (Number.isNaN(this.#unsyncedSince)) this.#unsyncedSince = oldestAt;
      this.end();
    }
    this.listeners.tell(flush);
  }

  /** All that is written, up to `durableLsn`, is synced. */
  synced(durableLsn: number, startedAt: number, endedAt: number): void {
    this.syncMs.add(endedAt - startedAt);
    this.#unsyncedBytes = 0;
    this.#unsyncedSince = NaN;
    this.end();
    this.syncListeners.tell({ durableLsn, startedAt, endedAt });
  }
}
