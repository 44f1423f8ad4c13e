import type { Trace } from "./load_trace.ts";
import { NotedRun, type Simulation } from "./simulation.ts";

/**
 * What happened to a traced log, in the form of a simulation, to compare with
 * what `simulate` makes of the same arrivals.
 *
 * An append's latency ends with its flush: when it became durable, or when it
 * was written if it was not synced. Appends that were never flushed are left
 * out. Returns `undefined` for a trace with gaps, because it does not show
 * which appends a flush contained.
 *
 * @example
 * ```ts
 * import { recordedRun } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const run = recordedRun({
 *   options: {
 *     ...{ synchronous: "full", syncIntervalMs: 1000 },
 *     ...{ maxQueuedBytes: 1024, maxQueuedRecords: 10 },
 *   },
 *   arrivals: [{ at: 2, bytes: 96 }],
 *   flushes: [{
 *     ...{ reason: "due", records: 1, bytes: 100, firstLsn: 1, lastLsn: 1 },
 *     ...{ oldestAt: 2, startedAt: 2, writtenAt: 3, endedAt: 9 },
 *   }],
 *   missing: { appends: 0, flushes: 0 },
 * });
 * assert.deepEqual([...run!.latencies], [7]);
 * ```
 */
export function recordedRun(trace: Trace): Simulation | undefined {
  const { arrivals, flushes, missing } = trace;
  if (missing.appends + missing.flushes > 0) return undefined;
  const run = new NotedRun();
  const waiting = arrivals[Symbol.iterator]();
  for (const flush of flushes) {
    for (let taken = 0; taken < flush.records;) {
      const { done, value } = waiting.next();
      if (done) break;
      taken += value.records ?? 1;
      run.noteAppend(value.at, flush.endedAt);
    }
    run.noteFlush(flush, false);
  }
  return run;
}
