import type { Figures } from "../cli/lab/candidates.ts";

/** What came of one policy, in a form that a worker can send. */
export interface Outcome {
  /** Id of the candidate. */
  readonly id: string;
  /** Its numbers; `name` is the policy as the command line has it. */
  readonly figures: Figures;
  /** Appends that were made durable. */
  readonly appends: number;
  /** When the first append came and the last flush was done, in ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Flushes that were made as the queue was full and callers had to wait. */
  readonly pressed: number;
  readonly course: Course;
  /** Latencies in ms at the shares of `curveShares`, as far as it is long. */
  readonly curve: readonly number[];
}

/** What happened when, in columns: the instants are ms of the run. */
export interface Course {
  /** Of each append, in order: when it came. */
  readonly arrivedAt: Float64Array<ArrayBuffer>;
  /** Of each flush, in order: the index behind its last append. */
  readonly end: Float64Array<ArrayBuffer>;
  /** Of each flush: when its write began. */
  readonly startedAt: Float64Array<ArrayBuffer>;
  /** Of each flush: when its bytes were written. */
  readonly writtenAt: Float64Array<ArrayBuffer>;
  /** Of each flush: when it was durable. */
  readonly durableAt: Float64Array<ArrayBuffer>;
}

/** A policy at one throughput. */
export interface SweepPoint {
  readonly recordsPerSecond: number;
  readonly mean: number;
  readonly p99: number;
}

/** The highest share of a curve: 99.99 %. */
export const MOST_NINES = 4;

const CURVE_STEPS = 120;

/**
 * The shares of the appends at which a curve of `appends` latencies is drawn:
 * equal steps in nines, up to what so many appends can tell.
 */
export function curveShares(appends: number): number[] {
  const most = Math.min(MOST_NINES, Math.log10(Math.max(1, appends)));
  return Array.from(
    { length: CURVE_STEPS + 1 },
    (_, step) => 1 - 10 ** -(step / CURVE_STEPS * most),
  );
}
