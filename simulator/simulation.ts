import type { FlushReason } from "../policies/batch_policy.ts";

/** What came of a simulated run. */
export interface Simulation {
  /** Number of flushes. */
  readonly flushes: number;
  /** Records that they made durable. */
  readonly records: number;
  /** Bytes of those records with their lengths. */
  readonly bytes: number;
  /** How long the device was busy with writes and syncs, in ms. */
  readonly busyMs: number;
  /** When the first append came, in ms; 0 if none did. */
  readonly startedAt: number;
  /** When the last flush was durable, in ms; 0 if there was none. */
  readonly endedAt: number;
  /** Records that only the log's closing flushed. */
  readonly stranded: number;
  /** Flushes by their reason. */
  readonly reasons: Readonly<Record<FlushReason, number>>;
  /**
   * Of each append, in order, the ms from when it came until it was durable;
   * the time that it waited for room counts.
   */
  readonly latencies: Float64Array;
  /** Mean of the latencies in ms, `NaN` if there is none. */
  readonly meanMs: number;
  /** The largest latency in ms, `NaN` if there is none. */
  readonly maxMs: number;
  /** Flushes a second from the first append to the last flush. */
  readonly flushesPerSecond: number;
  /** Records a second from the first append to the last flush. */
  readonly recordsPerSecond: number;
  /** Records of a flush on average, `NaN` if there was none. */
  readonly recordsPerFlush: number;
  /** Share of the time in which the device was busy, 0 to 1. */
  readonly busyShare: number;
  /**
   * The latency in ms that a `share` of the appends, 0 to 1, does not exceed:
   * 0.5 is the median, 0.999 is known as p99.9. `NaN` if there is none.
   *
   * Source: the nearest rank, so it is always one of the latencies.
   */
  quantileMs(share: number): number;
}
