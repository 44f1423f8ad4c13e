import {
  type AdaptiveGoal,
  AdaptivePolicy,
} from "../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import { exp, ln, SeededRandom } from "../../random.ts";
import { simulate } from "../../simulator/simulate.ts";
import type { Simulation } from "../../simulator/simulation.ts";
import { drawPattern, type Pattern } from "./patterns.ts";

/** Runs of each pattern, whose means are compared: chance favors one of many. */
const RUNS = 3;

/** Ages and windows, in flushes of the device. */
const AGES = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 8];
const WINDOWS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3];

/** Counts, each with ages in flushes: the policies become 37 with them. */
const COUNTS = [2, 4, 8, 16, 32];
const COUNT_AGES = [0.5, 1, 2];
const LAST_COUNT = 64;

/** The 37 fixed policies of which the best is chosen in hindsight. */
export function fixedPolicies(flushMs: number): (() => BatchPolicy)[] {
  const counted = (records: number, ms: number) => () =>
    anyOf(
      new CountPolicy({ records, whenIdle: "wait" }),
      new AgePolicy({ ms }),
    );
  return [
    () => new LeaderCommitPolicy(),
    ...AGES.map((age) => () => new AgePolicy({ ms: age * flushMs })),
    ...WINDOWS.map((window) => () =>
      new LeaderCommitPolicy({ windowMs: window * flushMs })
    ),
    ...COUNTS.flatMap((count) =>
      COUNT_AGES.map((age) => counted(count, age * flushMs))
    ),
    counted(LAST_COUNT, flushMs),
  ];
}

/** How an adaptive policy did against policies chosen in hindsight. */
export interface Finding {
  readonly pattern: Pattern;
  /** What it took, as a multiple of what the best one took. */
  readonly ratio: number;
  /** The same for a single run, in which the best one may be lucky. */
  readonly singleRatio: number;
  /** Its p99 as a multiple of leader commit's, or of the bound. */
  readonly p99Ratio: number;
  /** Its records per second as a multiple of leader commit's. */
  readonly paceRatio: number;
}

/** The mean latency against the best of the fixed policies. */
export function judgeLatency(seed: number, appends: number): Finding {
  const patterns = Array.from(
    { length: RUNS },
    (_, run) => drawPattern(seed, appends, run),
  );
  const runsOf = (make: () => BatchPolicy) =>
    patterns.map((pattern) => run(make(), pattern));
  const [leader, ...others] = fixedPolicies(patterns[0].flushMs).map(runsOf);
  const adaptive = runsOf(() => new AdaptivePolicy());
  const all = [leader, ...others];
  const best = Math.min(...all.map((runs) => sum(runs, meanOf)));
  const bestSingle = Math.min(...all.map(([first]) => first.meanMs));
  return {
    pattern: patterns[0],
    ratio: sum(adaptive, meanOf) / best,
    singleRatio: adaptive[0].meanMs / bestSingle,
    p99Ratio: sum(adaptive, p99Of) / sum(leader, p99Of),
    paceRatio: sum(adaptive, paceOf) / sum(leader, paceOf),
  };
}

/** Ages that are tried for a bound on p99. */
const BOUND_AGES = 30;

/**
 * The flushes of the p99 goal against those of the best age that keeps the
 * bound, which is 1.2 to 19 times leader commit's p99; `undefined` if none does.
 */
export function judgeP99(seed: number, appends: number): Finding | undefined {
  const pattern = drawPattern(seed, appends);
  const leader = run(new LeaderCommitPolicy(), pattern);
  const drawn = new SeededRandom(seed).next();
  const p99Ms = p99Of(leader) * 1.2 * exp(1.2 * Math.LN10 * drawn);
  const fewest = Math.min(
    ...Array.from({ length: BOUND_AGES + 1 }, (_, nth) => {
      const age = new AgePolicy({ ms: p99Ms * nth / BOUND_AGES });
      const found = run(age, pattern);
      return p99Of(found) <= p99Ms ? found.flushes : Infinity;
    }),
  );
  if (fewest === Infinity) return undefined;
  const adaptive = run(adaptiveFor({ p99Ms }), pattern);
  return {
    pattern,
    ratio: adaptive.flushes / fewest,
    singleRatio: adaptive.flushes / fewest,
    p99Ratio: p99Of(adaptive) / p99Ms,
    paceRatio: paceOf(adaptive) / paceOf(leader),
  };
}

/** Ages around the best one for records that arrive independently. */
const PRICED_AGES = [0.3, 0.5, 0.7, 1, 1.4, 2];

/**
 * The cost of flushes and waits against that of the best fixed policy, where a
 * flush costs as much as one record that waits for a drawn time.
 */
export function judgeCost(seed: number, appends: number): Finding {
  const pattern = drawPattern(seed, appends);
  const { flushMs, perFlush } = pattern;
  // The best age for independent arrivals: from half a flush to fifty.
  const bestAgeMs = flushMs / 2 *
    exp(ln(100) * new SeededRandom(seed + 7).next());
  const price = perFlush / flushMs * bestAgeMs ** 2 / 2;
  const costOf = (found: Simulation) =>
    price * found.flushes + found.meanMs * found.records;
  const fixed = [
    ...fixedPolicies(flushMs),
    ...PRICED_AGES.map((age) => () => new AgePolicy({ ms: age * bestAgeMs })),
  ].map((make) => run(make(), pattern));
  const best = Math.min(...fixed.map(costOf));
  const goal = { perFlush: price, perRecordMs: 1 };
  const adaptive = run(adaptiveFor(goal), pattern);
  const ratio = costOf(adaptive) / best;
  return {
    pattern,
    ratio,
    singleRatio: ratio,
    p99Ratio: p99Of(adaptive) / p99Of(fixed[0]),
    paceRatio: paceOf(adaptive) / paceOf(fixed[0]),
  };
}

function adaptiveFor(goal: AdaptiveGoal): BatchPolicy {
  return new AdaptivePolicy({ goal });
}

function run(policy: BatchPolicy, pattern: Pattern): Simulation {
  return simulate(policy, pattern.arrivals(), pattern.costs());
}

function sum(
  runs: readonly Simulation[],
  of: (run: Simulation) => number,
): number {
  return runs.reduce((all, run) => all + of(run), 0);
}

const meanOf = ({ meanMs }: Simulation) => meanMs;
const p99Of = (run: Simulation) => run.quantileMs(0.99);
const paceOf = ({ recordsPerSecond }: Simulation) => recordsPerSecond;
