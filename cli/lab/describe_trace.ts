import type { Trace } from "../../simulator/load_trace.ts";
import type { Simulation } from "../../simulator/simulation.ts";
import { formatAmount, formatCount } from "../io/format.ts";

/** What a trace holds, and what to bear in mind about it. */
export interface TraceSummary {
  readonly appends: number;
  readonly records: number;
  readonly flushes: number;
  /** From the first append to the last event. */
  readonly seconds: number;
  /** Share of the appends made as soon as a flush was done, 0 to 1. */
  readonly releasedShare: number;
  readonly notes: readonly string[];
}

/** Above this share, flushes decide when appends are made. */
const MOSTLY = 0.5;

/** Sums up a trace; `recorded` is absent if it has gaps. */
export function describeTrace(
  trace: Trace,
  recorded: Simulation | undefined,
): TraceSummary {
  const { flushes, missing, end } = trace;
  const counts = countAppends(trace);
  const notes: string[] = [];
  if (counts.releasedShare > MOSTLY) {
    notes.push(
      `${Math.round(counts.releasedShare * 100)} % of the appends were made ` +
        "as soon as a flush was done: their callers wait for acks, or a sync " +
        "blocked the event loop. The replay keeps the recorded times, but " +
        "under another policy these appends would be made earlier or later",
    );
  }
  if (recorded === undefined) {
    notes.push(
      `the trace lacks ${formatAmount(missing.appends, "append")} and ` +
        formatAmount(missing.flushes, "flush", "es") +
        ", because its sink did not keep up",
    );
  }
  if (end === "full") notes.push("the trace ends at its limit, maxBytes");
  const synced = flushes.filter((flush) => flush.endedAt > flush.writtenAt);
  if (synced.length < flushes.length) {
    notes.push(
      `only ${formatCount(synced.length)} of ` +
        `${formatAmount(flushes.length, "recorded flush", "es")} ` +
        `${synced.length === 1 ? "was" : "were"} synced, and so is the same ` +
        "share of the simulated ones",
    );
  }
  return { ...counts, flushes: flushes.length, notes };
}

function countAppends(
  { arrivals, flushes }: Trace,
): Pick<TraceSummary, "appends" | "records" | "seconds" | "releasedShare"> {
  const ends = new Set(flushes.map(({ endedAt }) => endedAt));
  let [appends, records, released] = [0, 0, 0];
  let [firstAt, lastAt] = [0, flushes.at(-1)?.endedAt ?? 0];
  for (const arrival of arrivals) {
    if (appends++ === 0) firstAt = arrival.at;
    lastAt = Math.max(lastAt, arrival.at);
    records += arrival.records ?? 1;
    if (ends.has(arrival.at)) released++;
  }
  return {
    appends,
    records,
    seconds: (lastAt - firstAt) / 1000,
    releasedShare: appends === 0 ? 0 : released / appends,
  };
}
