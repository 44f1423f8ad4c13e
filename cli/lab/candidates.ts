import type { FlushReport } from "../../policies/batch_policy.ts";
import type { Simulation } from "../../simulator/simulation.ts";

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

/** A policy and what came of it. */
export interface Contender {
  /** The policy as it is described, or what else this is. */
  readonly name: string;
  readonly run: Simulation;
}

/** A contender's figures. */
export interface Figures {
  readonly name: string;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly flushesPerSecond: number;
  readonly recordsPerFlush: number;
  /** Share of the time in which the device was busy, 0 to 1. */
  readonly busyShare: number;
  /** What its flushes cost in a month, if a price was given. */
  readonly moneyPerMonth?: number;
}

/** A month of 365.25 / 12 days. */
const MONTH_SECONDS = 365.25 / 12 * 24 * 60 * 60;

/** Sums up a contender; a flush is a request that is paid for. */
export function figuresOf(
  { name, run }: Contender,
  pricePerMillion?: number,
): Figures {
  const { flushesPerSecond } = run;
  return {
    name,
    meanMs: run.meanMs,
    p50Ms: run.quantileMs(0.5),
    p99Ms: run.quantileMs(0.99),
    p999Ms: run.quantileMs(0.999),
    maxMs: run.maxMs,
    flushesPerSecond,
    recordsPerFlush: run.recordsPerFlush,
    busyShare: run.busyShare,
    ...(pricePerMillion !== undefined && {
      moneyPerMonth: flushesPerSecond * MONTH_SECONDS / 1e6 * pricePerMillion,
    }),
  };
}

/** What is slower by less than this share is as fast. */
const AS_FAST = 0.05;

/**
 * The row to recommend: of those with about the lowest p99, those with about
 * the lowest mean, and of these the first, so that what comes first is what is
 * simplest. Throws if there is no row.
 */
export function chooseBest(rows: readonly Figures[]): Figures {
  const fastest = asLow(rows, ({ p99Ms }) => p99Ms);
  return asLow(fastest, ({ meanMs }) => meanMs)[0];
}

function asLow(
  rows: readonly Figures[],
  of: (row: Figures) => number,
): Figures[] {
  const least = Math.min(...rows.map(of));
  return rows.filter((row) => of(row) <= least * (1 + AS_FAST));
}
