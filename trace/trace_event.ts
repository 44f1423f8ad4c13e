import type { FlushReport } from "../policies/batch_policy.ts";

/** The version of the format that this library writes and reads. */
export const TRACE_VERSION = 1;

/** The first line of a trace. */
export interface TraceHeader {
  /** Tells it from other events. */
  readonly kind: "header";
  /** When the trace began, in ms on the log's clock, as all instants are. */
  readonly startedAt: number;
  /** The log's options that bear on its flushes. */
  readonly options: TracedOptions;
}

/** Options of a log that bear on its flushes, as in `WalOptions`. */
export interface TracedOptions {
  /** When the log syncs. */
  readonly synchronous: "full" | "normal" | "off";
  /** Ms that written records stay unsynced at most, `null` for `Infinity`. */
  readonly syncIntervalMs: number | null;
  /** Most bytes in the queue. */
  readonly maxQueuedBytes: number;
  /** Most records in the queue. */
  readonly maxQueuedRecords: number;
}

/** Appends that came in one turn. */
export interface TraceTurn {
  /** Tells it from other events. */
  readonly kind: "turn";
  /** When they came. */
  readonly at: number;
  /** Each append, in order. */
  readonly appends: readonly TracedAppend[];
}

/** One append; several records if they share a frame. */
export interface TracedAppend {
  /** Bytes of the record, or of the records together. */
  readonly bytes: number;
  /** How many records, at least 1. */
  readonly records: number;
}

/** A flush, when it was done. */
export interface TraceFlush {
  /** Tells it from other events. */
  readonly kind: "flush";
  /** What the policy was told. */
  readonly flush: FlushReport;
}

/** Events are missing here, as the sink did not keep up. */
export interface TraceGap {
  /** Tells it from other events. */
  readonly kind: "gap";
  /** Appends that are missing. */
  readonly appends: number;
  /** Flushes that are missing. */
  readonly flushes: number;
}

/** The last line of a trace, unless the process was killed. */
export interface TraceEnd {
  /** Tells it from other events. */
  readonly kind: "end";
  /** Why it ends: the log was closed or has failed, or the trace has its full size. */
  readonly reason: "closed" | "full";
}

/** A line of a trace. */
export type TraceEvent =
  | TraceHeader
  | TraceTurn
  | TraceFlush
  | TraceGap
  | TraceEnd;
