import fc from "fast-check";
import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import {
  type Arrival,
  burstyArrivals,
  onOffArrivals,
  poissonArrivals,
} from "../../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../../simulator/callers.ts";
import type { CostModel } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";

/** What a simulation is loaded with. */
export type Load = Iterable<Arrival> | ClosedLoop;

/** A pattern of traffic whose times are given in flushes. */
export type Traffic =
  | { readonly is: "poisson"; readonly perFlush: number }
  | {
    readonly is: "bursty";
    readonly burst: number;
    readonly spread: number;
    /** Bursts that arrive in the time of a flush. */
    readonly perFlush: number;
  }
  | {
    readonly is: "on/off";
    readonly on: number;
    readonly off: number;
    readonly perFlush: number;
  }
  | {
    readonly is: "callers";
    readonly callers: number;
    readonly think: number;
    readonly thinking: "constant" | "exponential";
  };

const logarithmic = (least: number, most: number) =>
  fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true })
    .map((value) => Number(Math.exp(value).toPrecision(3)));

const callers = fc.record({
  is: fc.constant("callers" as const),
  callers: fc.integer({ min: 1, max: 120 }),
  think: logarithmic(0.01, 10),
  thinking: fc.constantFrom("constant" as const, "exponential" as const),
});

/**
 * Independent records, bursts that are shorter than a flush, on and off,
 * callers; as much as flushes of 128 records can take.
 */
export const steadyTraffic: fc.Arbitrary<Traffic> = fc.oneof(
  fc.record({
    is: fc.constant("poisson" as const),
    perFlush: logarithmic(0.05, 60),
  }),
  fc.record({
    is: fc.constant("bursty" as const),
    burst: fc.integer({ min: 2, max: 100 }),
    spread: fc.oneof(fc.constant(0), logarithmic(0.02, 0.8)),
    perFlush: logarithmic(0.02, 0.5),
  }),
  fc.record({
    is: fc.constant("on/off" as const),
    on: logarithmic(0.1, 20),
    off: logarithmic(0.1, 20),
    perFlush: logarithmic(1, 60),
  }),
  callers,
);

/** About `count` appends of a pattern where a flush takes `flushMs`. */
export function loadOf(
  traffic: Traffic,
  flushMs: number,
  count: number,
  seed = 1,
): Load {
  const perSecond = (perFlush: number) => perFlush * 1000 / flushMs;
  switch (traffic.is) {
    case "poisson":
      return poissonArrivals({
        count,
        perSecond: perSecond(traffic.perFlush),
        seed,
      });
    case "bursty":
      return burstyArrivals({
        count,
        perSecond: perSecond(traffic.perFlush * traffic.burst),
        burst: traffic.burst,
        burstMs: traffic.spread * flushMs,
        seed,
      });
    case "on/off":
      return onOffArrivals({
        count,
        perSecond: perSecond(traffic.perFlush),
        onMs: traffic.on * flushMs,
        offMs: traffic.off * flushMs,
        seed,
      });
    case "callers":
      return thinkingCallers({
        callers: traffic.callers,
        appends: Math.ceil(count / traffic.callers) + 100,
        thinkMs: traffic.think * flushMs,
        thinking: traffic.thinking,
        seed,
      });
  }
}

/** The cap that `AdaptivePolicy` has by default. */
const CAP = 128;

/** Windows that are searched, in flushes. */
const WINDOWS = [0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.4, 2];

/** Leader commit, and every fixed window of the search. */
export function fixedPolicies(flushMs: number): BatchPolicy[] {
  const cap = () => new CountPolicy({ records: CAP, whenIdle: "wait" });
  return [
    new LeaderCommitPolicy({ maxRecords: CAP }),
    ...WINDOWS.flatMap((window) => [
      anyOf(new AgePolicy({ ms: window * flushMs }), cap()),
      new LeaderCommitPolicy({ windowMs: window * flushMs, maxRecords: CAP }),
    ]),
  ];
}

/**
 * Mean latency of the later half of the appends, when everything is learned.
 */
export function steadyMeanMs(
  policy: BatchPolicy,
  load: Load,
  costs: CostModel,
): number {
  const { latencies } = simulate(policy, load, costs);
  const later = latencies.subarray(latencies.length >> 1);
  return later.reduce((sum, latency) => sum + latency, 0) / later.length;
}

/** Mean latencies: of leader commit, and of the best fixed policy. */
export function searchFixed(
  load: Load,
  costs: CostModel,
  flushMs: number,
): { leader: number; best: number } {
  const means = fixedPolicies(flushMs)
    .map((policy) => steadyMeanMs(policy, load, costs));
  return { leader: means[0], best: Math.min(...means) };
}
