import type { FlushReport } from "../../policies/batch_policy.ts";
import { quantile } from "../../simulator/quantile.ts";
import type { Simulation } from "../../simulator/simulation.ts";

/** The policy of a log that was given none. */
export const DEFAULT_POLICY = "leader";

/** The policy that finds out by itself whether waiting pays. */
export const LEARNING_POLICY = "adaptive";

/** The simplest come first: among equally fast policies, they win. */
const COMMON = ["count:256", "age:2", "count:1000,bytes:1m,age:10"];

/**
 * Policies worth trying if a flush takes `flushMs`: the default, the default
 * with a window of half a flush, as PostgreSQL advises, and some others.
 */
export function candidatesFor(flushMs: number): string[] {
  const half = Number((flushMs / 2).toPrecision(1));
  const windows = half > 0 ? [`leader:${half}`] : [];
  return [DEFAULT_POLICY, ...windows, ...COMMON, LEARNING_POLICY];
}

/** The median duration of the flushes, in ms; 0 if there are none. */
export function medianFlushMs(flushes: readonly FlushReport[]): number {
  if (flushes.length === 0) return 0;
  const ascending = flushes.map((flush) => flush.endedAt - flush.startedAt)
    .sort((a, b) => a - b);
  return quantile(ascending, 0.5);
}

/** A policy and its outcome. */
export interface Candidate {
  /** The policy in its short notation, or another name for the run. */
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
  readonly recordsPerSecond: number;
  readonly flushesPerSecond: number;
  readonly recordsPerFlush: number;
  /** Share of the time in which the device was busy, 0 to 1. */
  readonly busyShare: number;
  /** The cost of its flushes in a month, if a price was given. */
  readonly moneyPerMonth?: number;
}

/** A month of 365.25 / 12 days. */
const MONTH_SECONDS = 365.25 / 12 * 24 * 60 * 60;

/** Sums up a contender; each flush is a request that has its price. */
export function figuresOf(
  { name, run }: Candidate,
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
    recordsPerSecond: run.recordsPerSecond,
    flushesPerSecond,
    recordsPerFlush: run.recordsPerFlush,
    busyShare: run.busyShare,
    ...(pricePerMillion !== undefined && {
      moneyPerMonth: flushesPerSecond * MONTH_SECONDS / 1e6 * pricePerMillion,
    }),
  };
}

/** A policy that is slower by no more than this share is as fast. */
const AS_FAST = 0.05;

/**
 * The row to recommend. About the lowest p99 decides, then about the lowest mean,
 * then the order of the rows, so the simplest policies should come first. There
 * must be a row.
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
