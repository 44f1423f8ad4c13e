import type { LiveStatus } from "../../monitor/live_status.ts";
import type { Histogram } from "../../writer/histogram.ts";
import type { LockState } from "../examine/lock_state.ts";

/** A log at one instant, as another process sees it. */
export interface Snapshot {
  /** When it was taken, in ms since 1970. */
  readonly time: number;
  /** What its owner shows; absent if that does not answer. */
  readonly status?: LiveStatus | undefined;
  /** Ms since the status changed; 0 without one. */
  readonly ageMs: number;
  /** Why there is no status, or why the files cannot be read. */
  readonly notes: readonly string[];
  readonly lock: LockState;
  /** Where it begins and ends: from the status, or else from its files. */
  readonly lsn: {
    readonly first: number;
    readonly written: number;
    readonly durable: number;
  };
  readonly storage: {
    readonly segments: number;
    readonly bytes: number;
    readonly freeBytes?: number | undefined;
    readonly totalBytes?: number | undefined;
  };
  readonly cursors: readonly SeenCursor[];
}

/** A cursor, and how far its consumer lags. */
export interface SeenCursor {
  readonly name: string;
  /** Absent if it cannot be read. */
  readonly committedLsn?: number | undefined;
  /** Durable records that are not committed. */
  readonly lag?: number | undefined;
  readonly error?: string | undefined;
}

/** What a log has done in an interval. */
export interface Activity {
  /** Its length in ms. */
  readonly ms: number;
  /** Whether it began when the log was opened. */
  readonly isSinceOpening: boolean;
  readonly recordsPerSecond: number;
  /** What only an owner that answers can tell. */
  readonly details?: ActivityDetails | undefined;
}

/** The part of an {@linkcode Activity} that comes from a status. */
export interface ActivityDetails {
  /** With 4 for each record. */
  readonly bytesPerSecond: number;
  readonly flushesPerSecond: number;
  /** `NaN` without a flush. */
  readonly recordsPerFlush: number;
  readonly latency: Record<Latency, LatencyFigures>;
}

/** What takes time: parts of a flush, and waking up its thread. */
type Latency = keyof LiveStatus["latency"] | "wakeMs";

/** Quantiles of a time in ms; `NaN` if nothing was measured. */
export interface LatencyFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * What a log has done between two snapshots. If the owner has changed, or there
 * is only one, it is what its owner has done since the log was opened;
 * `undefined` if nobody can tell.
 */
export function activityBetween(
  before: Snapshot | undefined,
  { status, lsn, time }: Snapshot,
): Activity | undefined {
  if (status === undefined) {
    if (before === undefined || before.status !== undefined) return undefined;
    const ms = time - before.time;
    const records = Math.max(0, lsn.written - before.lsn.written);
    const recordsPerSecond = perSecond(records, ms);
    return { ms, isSinceOpening: false, recordsPerSecond };
  }
  const earlier = before?.status;
  const isSame = earlier !== undefined && earlier.epoch === status.epoch &&
    earlier.pid === status.pid && earlier.uptimeMs < status.uptimeMs;
  return activityOf(isSame ? earlier : undefined, status);
}

function activityOf(
  earlier: LiveStatus | undefined,
  { uptimeMs, flushes, ...status }: LiveStatus,
): Activity {
  const ms = uptimeMs - (earlier?.uptimeMs ?? 0);
  const since = (now: Histogram, before: Histogram | undefined) =>
    before === undefined ? now : now.since(before);
  const records = since(flushes.records, earlier?.flushes.records);
  const bytes = since(flushes.bytes, earlier?.flushes.bytes);
  const latency = latencyOf(status);
  const earlierLatency = earlier && latencyOf(earlier);
  const figures = (name: Latency): LatencyFigures => {
    const times = since(latency[name], earlierLatency?.[name]);
    return {
      p50Ms: times.quantile(0.5),
      p99Ms: times.quantile(0.99),
      maxMs: times.count === 0 ? NaN : times.max,
    };
  };
  return {
    ms,
    isSinceOpening: earlier === undefined,
    recordsPerSecond: perSecond(records.sum, ms),
    details: {
      bytesPerSecond: perSecond(bytes.sum, ms),
      flushesPerSecond: perSecond(records.count, ms),
      recordsPerFlush: records.mean,
      latency: {
        queueMs: figures("queueMs"),
        writeMs: figures("writeMs"),
        syncMs: figures("syncMs"),
        ackMs: figures("ackMs"),
        wakeMs: figures("wakeMs"),
      },
    },
  };
}

function latencyOf(
  { latency, thread }: Pick<LiveStatus, "latency" | "thread">,
): Record<Latency, Histogram> {
  return { ...latency, wakeMs: thread.wakeMs };
}

function perSecond(count: number, ms: number): number {
  return ms > 0 ? count * 1000 / ms : 0;
}
