/**
 * Traces: the appends to a log and the cost of its flushes, line by line, for
 * replay under other policies. They do not contain the records' contents.
 *
 * @example
 * ```ts
 * import { TraceFormatError, readTrace } from "@syncline/wal/trace";
 * import assert from "node:assert/strict";
 *
 * const lines = ["not a trace\n"];
 * await assert.rejects(readTrace(lines).next(), TraceFormatError);
 * ```
 *
 * @module
 */
export { readTrace, TraceFormatError } from "./read_trace.ts";
export * from "./trace_event.ts";
export type { TraceOptions } from "./trace_recorder.ts";
