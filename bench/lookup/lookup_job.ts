import type { LogShape } from "../process/build_log.ts";

/** What the worker does: build a log of frames of one shape, and read it. */
export interface LookupJob extends LogShape {
  /** Number of calls measured. */
  readonly calls: number;
  /** Number of times that the log is opened. */
  readonly openings: number;
}

/** The kinds of calls that are measured. */
export type LookupCall =
  | "first get"
  | "get"
  | "get in order"
  | "get, 1000 at once"
  | "get the last while appending"
  | "poll the last"
  | "read from anywhere";

/** How long calls of one kind took. */
export interface CallTimes {
  readonly call: LookupCall;
  readonly calls: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

/** What was found. */
export interface LookupFound {
  readonly records: number;
  readonly segments: number;
  /** Bytes of the index of the largest segment. */
  readonly indexBytes: number;
  readonly largestBytes: number;
  readonly times: readonly CallTimes[];
}
