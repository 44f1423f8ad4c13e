import { NotedRun, type Simulation } from "./simulation.ts";
import type { Trace } from "./load_trace.ts";

/**
 * What came of the log that a trace is of, in the words of a simulation: to
 * put beside what `simulate` makes of the same arrivals.
 *
 * An append's latency ends with the flush that it was in; where that was not
 * synced, when it was written. Appends that no flush took are left out.
 * `undefined` for a trace that has gaps: nobody knows which flush took which.
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
 *     ...{ oldestAt: 2, startedAt: 2, writtenAt: 3, durableAt: 9 },
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
      run.noteAppend(value.at, flush.durableAt);
    }
    run.noteFlush(flush, false);
  }
  return run;
}
