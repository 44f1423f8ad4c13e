import type { FlushReport } from "../policies/batch_policy.ts";
import type { SyncReport } from "../writer/flush_stats.ts";
import type { AttributesLike, TracerLike } from "./meter_like.ts";
import { REASON } from "./metrics.ts";

/** Further apart than this, either the log's clock or the calendar was set. */
const MAX_DRIFT_MS = 2;

/** Makes a span `wal.flush` of each flush. */
export class FlushSpans {
  readonly #tracer: TracerLike;
  readonly #attributes: AttributesLike;
  /** From the log's clock to ms since 1970. */
  #offsetMs = NaN;
  #lastSync: SyncReport | undefined;

  /** Spans of a log, with these attributes in each. */
  constructor(tracer: TracerLike, attributes: AttributesLike) {
    this.#tracer = tracer;
    this.#attributes = attributes;
  }

  /** A sync has ended; if a flush made it, that ends next. */
  synced(sync: SyncReport): void {
    this.#lastSync = sync;
  }

  /** A flush has ended just now. */
  add(flush: FlushReport): void {
    const { oldestAt, startedAt, writtenAt, endedAt } = flush;
    const end = this.#toEpoch(endedAt);
    // A clock that a test sets back must not put a start after its end.
    const before = (at: number) => end - Math.max(0, endedAt - at);
    const span = this.#tracer.startSpan("wal.flush", {
      startTime: before(startedAt),
      root: true,
      attributes: {
        ...this.#attributes,
        [REASON]: flush.reason,
        "syncline.wal.flush.records": flush.records,
        "syncline.wal.flush.size": flush.bytes,
        "syncline.wal.flush.first_lsn": flush.firstLsn,
        "syncline.wal.flush.last_lsn": flush.lastLsn,
        "syncline.wal.flush.synced": this.#isSynced(flush),
        "syncline.wal.flush.queued": Math.max(0, startedAt - oldestAt) / 1000,
      },
    });
    span.addEvent("written", before(writtenAt));
    span.end(end);
  }

  /**
   * The clock counts from some instant that only the log knows, but `now` has
   * just been. The offset stays as it is unless it is clearly off, so that spans
   * of successive flushes neither overlap nor have gaps.
   */
  #toEpoch(now: number): number {
    const offsetMs = Date.now() - now;
    const isClose = Math.abs(offsetMs - this.#offsetMs) <= MAX_DRIFT_MS;
    if (!isClose) this.#offsetMs = offsetMs;
    return now + this.#offsetMs;
  }

  #isSynced({ lastLsn, writtenAt }: FlushReport): boolean {
    const { durableLsn, startedAt } = this.#lastSync ?? {};
    return durableLsn === lastLsn && startedAt === writtenAt;
  }
}
