import type { FlushReport } from "../policies/batch_policy.ts";

/** The version of the format that this library writes and reads. */
export const TRACE_VERSION = 1;

/** The first line of a trace. */
export interface TraceHeader {
  /** Distinguishes it from other events. */
  readonly kind: "header";
  /** When the trace began, in ms on the log's clock, like all instants. */
  readonly startedAt: number;
  /** The options of the log that affect its flushes. */
  readonly options: TracedOptions;
  /** The log's policy in the notation of `parsePolicy`, if it is known. */
  readonly policy?: string | undefined;
  /**
   * Whether appends are linked to the acks that their callers waited for. Absent
   * in traces of earlier versions, and of runtimes that cannot tell.
   */
  readonly linked?: boolean | undefined;
}

/** The options of a log that affect its flushes, as in `WalOptions`. */
export interface TracedOptions {
  /** When the log syncs. */
  readonly synchronous: "full" | "normal" | "off";
  /** Maximum ms that written records stay unsynced, `null` for `Infinity`. */
  readonly syncIntervalMs: number | null;
  /** Maximum bytes in the queue. */
  readonly maxQueuedBytes: number;
  /** Maximum records in the queue. */
  readonly maxQueuedRecords: number;
  /** Most flushes in flight at a time; absent if that is 1, as in files. */
  readonly depth?: number | undefined;
}

/** Appends that arrived in one turn. */
export interface TraceTurn {
  /** Distinguishes it from other events. */
  readonly kind: "turn";
  /** When they arrived. */
  readonly at: number;
  /** Each append, in order. */
  readonly appends: readonly TracedAppend[];
  /**
   * Ms from `at` until the policy was asked: how long callers kept the event
   * loop busy. Absent if it was not asked, as when a flush was in flight.
   */
  readonly tookMs?: number | undefined;
}

/** One append: a record, or several that share a frame. */
export interface TracedAppend {
  /** Bytes of the record, or of all its records together. */
  readonly bytes: number;
  /** Number of records, at least 1. */
  readonly records: number;
  /**
   * Which append the same caller had waited for: that many before this one, at
   * least 1. Absent if it had not waited for any. That append may still be
   * unacknowledged, if the caller did not wait to the end.
   */
  readonly after?: number | undefined;
}

/** A flush, noted when it was done. */
export interface TraceFlush {
  /** Distinguishes it from other events. */
  readonly kind: "flush";
  /** The report that the policy received. */
  readonly flush: FlushReport;
  /**
   * Ms from its end until the policy was asked about what was waiting: how long
   * the callers that it released kept the event loop busy. Absent if they made
   * an append, whose turn has it then, or if nothing waited.
   */
  readonly tookMs?: number | undefined;
}

/** Events are missing here because the sink did not keep up. */
export interface TraceGap {
  /** Distinguishes it from other events. */
  readonly kind: "gap";
  /** Number of missing appends. */
  readonly appends: number;
  /** Number of missing flushes. */
  readonly flushes: number;
}

/** Why a trace can end. */
export const TRACE_ENDS = ["closed", "full", "changed"] as const;

/** The last line of a trace, unless the process was killed. */
export interface TraceEnd {
  /** Distinguishes it from other events. */
  readonly kind: "end";
  /**
   * Why it ends: the log was closed or failed, the trace is full, or settings of
   * the log were changed.
   */
  readonly reason: typeof TRACE_ENDS[number];
}

/** A line of a trace. */
export type TraceEvent =
  | TraceHeader
  | TraceTurn
  | TraceFlush
  | TraceGap
  | TraceEnd;
