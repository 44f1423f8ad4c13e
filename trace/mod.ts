/**
 * Traces: when records were appended to a log, how large they were and what its
 * flushes cost, one line for each event. They never contain what is in a record,
 * so they can be shared. A trace can be replayed under other policies.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import { readTrace } from "@syncline/wal/trace";
 * import assert from "node:assert/strict";
 *
 * const lines: string[] = [];
 * const trace = { write: (more: string) => void lines.push(more) };
 * const wal = await Wal.open(new MemoryStorage(), { trace });
 * await wal.append("never in the trace");
 * await wal.close();
 *
 * const kinds = new Set<string>();
 * for await (const { kind } of readTrace(lines)) kinds.add(kind);
 * assert(kinds.has("turn") && kinds.has("flush"));
 * ```
 *
 * - {@linkcode TraceOptions}: the option `trace` of `Wal.open`.
 * - {@linkcode readTrace} yields each {@linkcode TraceEvent} of a trace, and throws
 *   {@linkcode TraceFormatError} for anything else.
 *
 * **Limits.** A log with a trace pays for it: it follows its callers with
 * `AsyncLocalStorage` and writes a line per turn and per flush. What callers would
 * have done under another policy is a model.
 *
 * **Read next:** [Traces](https://github.com/syncline/wal/blob/main/docs/trace.md), `loadTrace` of `./simulator`, and
 * `wal lab` in [Command line](https://github.com/syncline/wal/blob/main/docs/cli.md).
 *
 * @module
 */
export { readTrace, TraceFormatError } from "./read_trace.ts";
export * from "./trace_event.ts";
export type { TraceOptions } from "./trace_recorder.ts";
