import type { FlushReport } from "../../policies/batch_policy.ts";

/** What learns comes last: of those that are as fast, the simplest is best. */
const COMMON = ["count:256", "age:2", "count:1000,bytes:1m,age:10", "adaptive"];

/**
 * Policies worth a try where flushes cost as these did: the default, it with a
 * window of half a flush, as PostgreSQL advises, and some others.
 */
export function candidatesFor(flushMs: number): string[] {
  const half = Number((flushMs / 2).toPrecision(1));
  const windows = half > 0 ? [`leader:${half}`] : [];
  return ["leader", ...windows, ...COMMON];
}

/** What the middle one of the flushes took, in ms; 0 if there is none. */
export function medianFlushMs(flushes: readonly FlushReport[]): number {
  const sorted = flushes.map((flush) => flush.durableAt - flush.startedAt)
    .sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
