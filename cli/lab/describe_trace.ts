import type { Simulation } from "../../simulator/simulation.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { formatAmount, formatCount } from "../io/format.ts";

/** What a trace holds, and what to mind about it. */
export interface TraceSummary {
  readonly appends: number;
  readonly records: number;
  readonly flushes: number;
  /** From the first append to the last event. */
  readonly seconds: number;
  /** Share of the appends that came as soon as a flush was done, 0 to 1. */
  readonly releasedShare: number;
  readonly notes: readonly string[];
}

/** From this share on, flushes decide when appends come. */
const MOSTLY = 0.5;

/** Looks over a trace. */
export function describeTrace(
  trace: Trace,
  recorded: Simulation | undefined,
): TraceSummary {
  const { flushes, missing, end } = trace;
  const counts = countAppends(trace);
  const notes: string[] = [];
  if (counts.releasedShare > MOSTLY) {
    notes.push(
      `${Math.round(counts.releasedShare * 100)} % of the appends came as ` +
        "soon as a flush was done: their callers wait for acks, or a sync " +
        "blocked the event loop. The replay keeps the recorded times, " +
        "whereas under another policy these appends would come earlier or " +
        "later",
    );
  }
  if (recorded === undefined) {
    notes.push(
      `the trace lacks ${formatAmount(missing.appends, "append")} and ` +
        `${formatAmount(missing.flushes, "flush", "es")}: its sink did not ` +
        "keep up",
    );
  }
  if (end === "full") notes.push("the trace ends at its maxBytes");
  const synced = flushes.filter((flush) => flush.durableAt > flush.writtenAt);
  if (synced.length < flushes.length) {
    notes.push(
      `of ${formatAmount(flushes.length, "recorded flush", "es")} only ` +
        `${formatCount(synced.length)} ` +
        `${synced.length === 1 ? "was" : "were"} synced, and the same share ` +
        "of the simulated ones is",
    );
  }
  return { ...counts, flushes: flushes.length, notes };
}

function countAppends(
  { arrivals, flushes }: Trace,
): Pick<TraceSummary, "appends" | "records" | "seconds" | "releasedShare"> {
  const ends = new Set(flushes.map(({ durableAt }) => durableAt));
  let [appends, records, released] = [0, 0, 0];
  let [firstAt, lastAt] = [0, flushes.at(-1)?.durableAt ?? 0];
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
