import type { Simulation } from "../../simulator/simulation.ts";

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
