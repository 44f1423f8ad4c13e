import type { FlushReport } from "../../policies/batch_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import type { Arrival } from "../../simulator/arrivals.ts";
import { driftingCosts } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { formatEvent } from "../../trace/event_line.ts";
import type { TraceHeader } from "../../trace/trace_event.ts";

const header: TraceHeader = {
  kind: "header",
  startedAt: 0,
  options: {
    synchronous: "full",
    syncIntervalMs: 1000,
    maxQueuedBytes: 64 * 1024 * 1024,
    maxQueuedRecords: 10_000,
  },
};

/** The trace of a log that received these appends. */
export function traceText(arrivals: Iterable<Arrival>): string {
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  const costs = driftingCosts({ syncMs: 3, spread: 1.5 });
  simulate(new LeaderCommitPolicy(), arrivals, costs, { onFlush });
  return [
    formatEvent(header),
    ...[...arrivals].map(({ at, bytes, records = 1 }) =>
      formatEvent({ kind: "turn", at, appends: [{ bytes, records }] })
    ),
    ...flushes.map((flush) => formatEvent({ kind: "flush", flush })),
    formatEvent({ kind: "end", reason: "closed" }),
  ].join("");
}
