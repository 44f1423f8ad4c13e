/**
 * Traces: what came to a log and what its flushes cost, line by line, to be
 * replayed through other policies. No record's content is in them.
 *
 * @example
 * ```ts
 * import { TraceFormatError, readTrace } from "@syncline/wal/trace";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readTrace(["no trace\n"]).next(), TraceFormatError);
 * ```
 *
 * @module
 */
export { TraceFormatError } from "./event_line.ts";
export { readTrace } from "./read_trace.ts";
export {
  TRACE_VERSION,
  type TracedAppend,
  type TracedOptions,
  type TraceEnd,
  type TraceEvent,
  type TraceFlush,
  type TraceGap,
  type TraceHeader,
  type TraceTurn,
} from "./trace_event.ts";
export type { TraceOptions } from "./trace_recorder.ts";
