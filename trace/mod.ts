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
export * from "./load_trace.ts";
export * from "./read_trace.ts";
export * from "./recorded_run.ts";
export * from "./sampled_costs.ts";
export * from "./trace_event.ts";
export * from "./trace_format_error.ts";
export * from "./trace_options.ts";
