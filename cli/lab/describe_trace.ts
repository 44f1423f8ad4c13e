import type { FlushReport } from "../../policies/batch_policy.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import type { Simulation } from "../../simulator/simulation.ts";
import { formatAmount, formatCount, formatDuration } from "../io/format.ts";
import { medianFlushMs } from "./candidates.ts";
import { type Contender, decide } from "./decide.ts";

/** What a trace holds, and what to bear in mind about it. */
export interface TraceSummary {
  readonly appends: number;
  readonly records: number;
  readonly flushes: number;
  /** From the first append to the last event. */
  readonly seconds: number;
  /** Share of the appends that waited for an earlier ack, 0 to 1. */
  readonly waitedShare: number;
  /** Share of the other appends made as soon as a flush was done, 0 to 1. */
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
  const notes = [
    ...describeLinks(trace, counts),
    ...describeDrift(flushes),
  ];
  if (recorded === undefined) {
    notes.push(
      `the trace lacks ${formatAmount(missing.appends, "append")} and ` +
        formatAmount(missing.flushes, "flush", "es") +
        ", because its sink did not keep up",
    );
  }
  if (end === "full") notes.push("the trace ends at its limit, maxBytes");
  if (end === "changed") notes.push("the trace ends where settings changed");
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

/** What keeps its recorded time in a replay although it would not. */
function describeLinks(
  { arrivals }: Trace,
  { appends, releasedShare }: Counts,
): string[] {
  const percent = Math.round(releasedShare * 100);
  if (arrivals.links === undefined && appends > 0) {
    return [
      "the trace does not show which appends waited for acks, so the replay " +
      `keeps the recorded times: ${percent} % of the appends were made as ` +
      "soon as a flush was done. If callers waited, appends would come " +
      "earlier or later under another policy; record a new trace",
    ];
  }
  if (releasedShare <= MOSTLY) return [];
  return [
    `${percent} % of the appends that waited for no ack were made as soon as ` +
    "a flush was done: it blocked the event loop. The replay keeps the " +
    "recorded times, but under another policy these appends would be made " +
    "earlier or later",
  ];
}

/** The device has changed if medians differ by more than this factor. */
const DRIFT = 1.5;

/** Into how many parts a trace is divided, each of at least so many flushes. */
const PARTS = 10;
const LEAST_FLUSHES = 50;

function describeDrift(flushes: readonly FlushReport[]): string[] {
  const parts = Math.min(PARTS, Math.floor(flushes.length / LEAST_FLUSHES));
  const medians = Array.from({ length: parts }, (_, nth) => {
    const edge = (part: number) => Math.floor(part / parts * flushes.length);
    return medianFlushMs(flushes.slice(edge(nth), edge(nth + 1)));
  });
  const [least, most] = [Math.min(...medians), Math.max(...medians)];
  if (parts < 2 || most <= least * DRIFT) return [];
  return [
    "the device changed during the trace: in one part of " +
    `${parts}, half of the flushes took less than ${formatDuration(least)}, ` +
    `in another ${formatDuration(most)}. What follows holds for the mixture`,
  ];
}

type Counts = Omit<TraceSummary, "flushes" | "notes">;

function countAppends({ arrivals, flushes }: Trace): Counts {
  const ends = new Set(flushes.map(({ endedAt }) => endedAt));
  const { links } = arrivals;
  let [appends, records, waited, released] = [0, 0, 0, 0];
  let [firstAt, lastAt] = [0, flushes.at(-1)?.endedAt ?? 0];
  for (const arrival of arrivals) {
    const isLinked = links !== undefined && links.after[appends] > 0;
    if (appends++ === 0) firstAt = arrival.at;
    lastAt = Math.max(lastAt, arrival.at);
    records += arrival.records ?? 1;
    if (isLinked) waited++;
    else if (ends.has(arrival.at)) released++;
  }
  return {
    appends,
    records,
    seconds: (lastAt - firstAt) / 1000,
    waitedShare: appends === 0 ? 0 : waited / appends,
    releasedShare: appends === waited ? 0 : released / (appends - waited),
  };
}

/** How far a replay of the recorded policy is from what was recorded. */
export interface ReplayError {
  /** The recorded policy, in its short notation. */
  readonly policy: string;
  /** What the median of the seeds differs by, as a share: 0.1 is 10 % more. */
  readonly mean: number;
  readonly p99: number;
}

/**
 * Compares a replay under the recorded policy, with the trace's own costs, with
 * what was recorded.
 */
export function compareReplay(
  recorded: Simulation,
  replayed: Contender,
): ReplayError {
  const [{ name: policy, figures }] = decide([replayed]).standings;
  return {
    policy,
    mean: figures.meanMs / recorded.meanMs - 1,
    p99: figures.p99Ms / recorded.quantileMs(0.99) - 1,
  };
}

/** That in words. */
export function describeError({ policy, mean, p99 }: ReplayError): string {
  const describe = (share: number) => {
    const percent = Math.round(Math.abs(share) * 100);
    if (percent === 0) return "equal to the recorded one";
    return `${percent} % ${share < 0 ? "below" : "above"} the recorded one`;
  };
  const isLarge = Math.abs(mean) > 0.1 || Math.abs(p99) > 0.25;
  return `replaying "${policy}", the recorded policy, gives a mean ` +
    `${describe(mean)} and a p99 ${describe(p99)}` +
    (isLarge ? ": smaller differences between policies mean little" : "");
}
