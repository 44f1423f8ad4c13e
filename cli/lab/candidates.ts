import type { FlushReport } from "../../policies/batch_policy.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import type { CostModel } from "../../simulator/costs.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { quantile } from "../../simulator/quantile.ts";
import { sampledCosts, sampledTurns } from "../../simulator/sampled_costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import type { Simulation } from "../../simulator/simulation.ts";

/** The policy of a log that was given none. */
export const DEFAULT_POLICY = "leader";

/** The policy that finds out by itself whether waiting pays. */
export const LEARNING_POLICY = "adaptive";

/** The simplest come first: among equally fast policies, they win. */
const COMMON = ["count:256", "age:2", "count:1000,bytes:1m,age:10"];

/** What the policies should achieve. */
interface Aim {
  readonly goal?: string;
  /** A bound on p99, in ms. */
  readonly maxP99Ms?: number;
}

/**
 * Policies worth trying if a flush takes `flushMs`: the default, the default
 * with a window of half a flush, as PostgreSQL advises, and some others. With a
 * bound on p99 also the policy that aims at it, and if flushes cost money, ages
 * that leave time for a flush in progress and the next one.
 */
export function candidatesFor(
  flushMs: number,
  { goal, maxP99Ms }: Aim = {},
): string[] {
  const half = Number((flushMs / 2).toPrecision(1));
  const windows = half > 0 ? [`leader:${half}`] : [];
  const names = [DEFAULT_POLICY, ...windows, ...COMMON];
  if (maxP99Ms !== undefined && goal === "money") {
    const longest = Math.max(0, maxP99Ms - 2 * flushMs);
    const ages = [0.5, 0.75, 1].map((share) =>
      Number((longest * share).toPrecision(2))
    );
    names.push(...ages.filter((ms) => ms > 0).map((ms) => `age:${ms}`));
  }
  names.push(LEARNING_POLICY);
  if (maxP99Ms !== undefined) names.push(`${LEARNING_POLICY}:${maxP99Ms}`);
  return [...new Set(names)];
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

/** A month of 365.25 / 12 days, in seconds. */
export const MONTH_SECONDS = 365.25 / 12 * 24 * 60 * 60;

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
      moneyPerMonth: moneyPerMonth(flushesPerSecond, pricePerMillion),
    }),
  };
}

/** What flushes at this rate cost in a month. */
export function moneyPerMonth(
  flushesPerSecond: number,
  pricePerMillion: number,
): number {
  return flushesPerSecond * MONTH_SECONDS / 1e6 * pricePerMillion;
}

/**
 * The costs of a trace's own device and callers. A model for one run: each seed
 * begins elsewhere in the recording.
 */
export function tracedCosts(trace: Trace, seed: number): CostModel {
  const { flushes, turns = [], isBlocking, options: { depth = 1 } } = trace;
  // Requests have no separate write.
  const costed = depth === 1
    ? flushes
    : flushes.map((flush) => ({ ...flush, writtenAt: flush.startedAt }));
  return {
    ...sampledCosts(costed, seed),
    ...sampledTurns(turns, seed),
    isBlocking,
  };
}

/** What {@linkcode replayAll} compares policies with. */
export interface ReplayOptions {
  readonly trace: Trace;
  /** The costs for a seed; asked for before each run. */
  readonly costsOf: (seed: number) => CostModel;
  /** How many seeds, counted from 1. */
  readonly seeds: number;
  readonly pricePerMillion?: number | undefined;
  /**
   * Awaited between runs, which take about a microsecond per append; they end
   * if it resolves with `false`.
   */
  readonly pause: () => Promise<boolean>;
}

/** A policy and its figures, one for each seed, in order. */
interface Replayed {
  readonly name: string;
  readonly runs: readonly Figures[];
}

/**
 * Replays a trace under each policy, once for each seed; `undefined` if it was
 * ended.
 */
export async function replayAll(
  names: readonly string[],
  { trace, costsOf, seeds, pricePerMillion, pause }: ReplayOptions,
): Promise<Replayed[] | undefined> {
  const replayed: Replayed[] = [];
  for (const name of names) {
    const runs: Figures[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      if (!await pause()) return undefined;
      const policy = parsePolicy(name);
      const { arrivals, options } = trace;
      const run = simulate(policy, arrivals, costsOf(seed), options);
      runs.push(figuresOf({ name, run }, pricePerMillion));
    }
    replayed.push({ name, runs });
  }
  return replayed;
}
