import { MONTH_SECONDS } from "../../cli/lab/candidates.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import {
  type Arrival,
  burstyArrivals,
  poissonArrivals,
} from "../../simulator/arrivals.ts";
import { driftingCosts } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";

/** A store, a log on it, and what is appended to that. */
export interface Setting {
  /** Median ms of a small PUT. */
  readonly putMs: number;
  /** How far it varies; see `driftingCosts`. */
  readonly spread: number;
  /** Additional ms for each MiB. */
  readonly perMiBMs: number;
  /** The log's window: most frames in flight. */
  readonly window: number;
  /** Bytes of a record. */
  readonly bytes: number;
}

/** A load. */
export interface Load {
  readonly name: string;
  /** Records per second while there are any. */
  readonly perSecond: number;
  /** Records that arrive together; 1 if each arrives by itself. */
  readonly burst: number;
  /** Share of the time in which records arrive. */
  readonly share: number;
}

const steady = [1, 10, 100, 1000, 10_000].map((perSecond): Load => ({
  name: `${perSecond.toLocaleString("en")}/s`,
  ...{ perSecond, burst: 1, share: 1 },
}));

/** All loads. */
export const loads: readonly Load[] = [
  ...steady,
  { name: "bursts", perSecond: 100, burst: 100, share: 1 },
  { name: "office hours", perSecond: 100, burst: 1, share: 50 / 168 },
];

/** A policy. */
export interface Policy {
  /** In the notation of `parsePolicy`. */
  readonly policy: string;
  /** Number of its color in the plot. */
  readonly color: number;
}

/** All policies. An age flushes at 4 MiB, too. */
export const policies: readonly Policy[] = [
  { policy: "leader", color: 1 },
  { policy: "count:256", color: 3 },
  { policy: "adaptive", color: 6 },
  { policy: "age:10", color: 7 },
  { policy: "age:100", color: 4 },
  { policy: "age:250", color: 2 },
  { policy: "age:1000", color: 5 },
  { policy: "adaptive:1000", color: 0 },
];

/** How a log did; amounts are of a month. */
export interface Month {
  readonly load: string;
  readonly policy: string;
  readonly frames: number;
  /** Bytes of records, with their lengths. */
  readonly bytes: number;
  readonly meanMs: number;
  readonly p99Ms: number;
}

/** Long enough for a p99, and for some seconds. */
function appendsOf({ perSecond, burst }: Load): number {
  return Math.max(3000, 20 * perSecond, 100 * burst);
}

/** Simulates a load under a policy. A log without load sends nothing. */
export function simulateMonth(
  load: Load,
  { policy }: Policy,
  { putMs, spread, perMiBMs, window, bytes }: Setting,
): Month {
  const costs = driftingCosts({
    ...{ syncMs: putMs, spread, writeMsPerMiB: perMiBMs },
  });
  const run = simulate(parsePolicy(policy), arrivalsOf(load, bytes), costs, {
    depth: window,
  });
  const seconds = MONTH_SECONDS * load.share;
  return {
    ...{ load: load.name, policy },
    frames: run.flushesPerSecond * seconds,
    bytes: run.bytes / run.records * load.perSecond * seconds,
    meanMs: run.meanMs,
    p99Ms: run.quantileMs(0.99),
  };
}

/** Every load under every policy. */
export function simulateAll(setting: Setting): Month[] {
  return loads.flatMap((load) =>
    policies.map((policy) => simulateMonth(load, policy, setting))
  );
}

function arrivalsOf(load: Load, bytes: number): Iterable<Arrival> {
  const count = appendsOf(load);
  const { perSecond, burst } = load;
  return burst === 1
    ? poissonArrivals({ count, perSecond, bytes })
    : burstyArrivals({ count, perSecond, burst, bytes });
}
