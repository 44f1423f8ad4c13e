import type { FlushReport } from "../../policies/batch_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import type { Arrival } from "../../simulator/arrivals.ts";
import type { ClosedLoop } from "../../simulator/callers.ts";
import { type CostModel, driftingCosts } from "../../simulator/costs.ts";
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

/** The trace of a log under the default policy that received these appends. */
export function traceText(
  load: Iterable<Arrival> | ClosedLoop,
  costs: CostModel = driftingCosts({ syncMs: 3, spread: 1.5 }),
): string {
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  const noted = note(load);
  simulate(new LeaderCommitPolicy(), noted.load, costs, { onFlush });
  return [
    formatEvent({ ...header, policy: "leader", linked: true }),
    ...noted.appends().map(({ at, after, bytes, records = 1 }) =>
      formatEvent({
        kind: "turn",
        at,
        appends: [{ bytes, records, ...(after > 0 && { after }) }],
      })
    ),
    ...flushes.map((flush) => formatEvent({ kind: "flush", flush })),
    formatEvent({ kind: "end", reason: "closed" }),
  ].join("");
}

type Noted = Arrival & { readonly after: number };

/** The same load, and a function that returns its appends in order. */
function note(load: Iterable<Arrival> | ClosedLoop) {
  if (Symbol.iterator in load) {
    const appends = (): Noted[] =>
      [...load].map((arrival) => ({ ...arrival, after: 0 }));
    return { load, appends };
  }
  const made: (Arrival & { readonly caller: number })[] = [];
  const next: ClosedLoop["next"] = (caller, nth, readyAt) => {
    const arrival = load.next(caller, nth, readyAt);
    if (arrival !== undefined) made.push({ ...arrival, caller });
    return arrival;
  };
  const appends = () => {
    const last = new Map<number, number>();
    made.sort((a, b) => a.at - b.at);
    return made.map(({ caller, ...arrival }, nth): Noted => {
      const before = last.get(caller) ?? nth;
      last.set(caller, nth);
      return { ...arrival, after: nth - before };
    });
  };
  return { load: { callers: load.callers, next }, appends };
}
