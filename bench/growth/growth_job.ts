import type { RuntimeName } from "../process/runtime.ts";

/** What the worker does: grow a log, or be too fast for the disk. */
export type GrowthJob = CurveJob | OverloadJob;

/** Append until there are this many records. */
export interface CurveJob {
  readonly kind: "curve";
  readonly records: number;
}

/** Produce records faster than the disk takes them. */
export interface OverloadJob {
  readonly kind: "overload";
  readonly way: OverloadWay;
  readonly maxQueuedBytes: number;
  readonly seconds: number;
}

/** How producers overload the log: see `worker.ts`. */
export type OverloadWay = "enqueue" | "enqueue, io threaded" | "append";

/** All ways to overload it. */
export const overloadWays: readonly OverloadWay[] = [
  "enqueue",
  "enqueue, io threaded",
  "append",
];

/** A log that has grown to a number of records. */
export interface CurvePoint {
  readonly records: number;
  /** From the previous point to this one. */
  readonly nsPerRecord: number;
  readonly bytes: number;
  readonly segments: number;
  /** Opening after a close. */
  readonly openMs: number;
  /** Opening without a preceding close, as after a crash. */
  readonly openCrashedMs: number;
  /** Bytes of the last segment, which opening after a crash reads. */
  readonly tailBytes: number;
  readonly residentBytes: number;
}

/** All points of a log that grew. */
export interface CurveFound {
  readonly points: readonly CurvePoint[];
}

/** What overload cost. */
export interface OverloadFound {
  readonly recordsPerSecond: number;
  readonly residentBefore: number;
  readonly residentPeak: number;
}

/** What overload cost, and how it was caused. */
export interface OverloadPoint extends OverloadFound {
  readonly runtime: RuntimeName;
  readonly way: OverloadWay;
  readonly maxQueuedBytes: number;
}
