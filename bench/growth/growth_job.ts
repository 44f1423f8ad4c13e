/** What a worker is told: to grow a log, or to be too fast for the disk. */
export type GrowthJob =
  | { readonly kind: "curve"; readonly records: number }
  | {
    readonly kind: "overload";
    readonly way: OverloadWay;
    readonly maxQueuedBytes: number;
    readonly seconds: number;
  };

/** How producers press: see `overload.ts`. */
export type OverloadWay = "enqueue" | "enqueue, io threaded" | "append";

/** All ways to press. */
export const overloadWays: readonly OverloadWay[] = [
  "enqueue",
  "enqueue, io threaded",
  "append",
];

/** What a log was like when it had so many records. */
export interface CurvePoint {
  readonly records: number;
  /** From the point before to this one. */
  readonly nsPerRecord: number;
  readonly bytes: number;
  readonly segments: number;
  /** Opening after a close. */
  readonly openMs: number;
  /** Opening without one, as after a crash. */
  readonly openCrashedMs: number;
  /** Bytes of the last segment, which such an opening reads. */
  readonly tailBytes: number;
  readonly residentBytes: number;
}

/** What overload cost. */
export interface OverloadFound {
  readonly recordsPerSecond: number;
  readonly residentBefore: number;
  readonly residentPeak: number;
}

/** What it cost, and where. */
export interface OverloadPoint extends OverloadFound {
  readonly runtime: "node" | "deno";
  readonly way: OverloadWay;
  readonly maxQueuedBytes: number;
}
