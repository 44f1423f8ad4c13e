import { formatDuration } from "../../../cli/io/format.ts";
import type { Settings } from "../../../docs/playground/settings.ts";
import { AdaptivePolicy } from "../../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../../policies/age_policy.ts";
import { anyOf } from "../../../policies/any_of.ts";
import type { BatchPolicy } from "../../../policies/batch_policy.ts";
import { BytesPolicy } from "../../../policies/bytes_policy.ts";
import { CountPolicy } from "../../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../../policies/leader_commit_policy.ts";
import { burstyArrivals } from "../../../simulator/arrivals.ts";
import { thinkingCallers } from "../../../simulator/callers.ts";
import { driftingCosts } from "../../../simulator/costs.ts";
import type { Trace } from "../../../simulator/load_trace.ts";
import {
  sampledCosts,
  sampledTurns,
} from "../../../simulator/sampled_costs.ts";
import { simulate } from "../../../simulator/simulate.ts";
import type { Simulation } from "../../../simulator/simulation.ts";

/**
 * What the table has to show according to the simulator alone: it uses none of
 * the playground's code except for the names of the settings.
 */
export function expectedFigures(
  settings: Settings,
  trace?: Trace,
): Record<string, string[]> {
  const { numbers } = settings;
  const policies: Record<string, BatchPolicy> = {
    leader: new LeaderCommitPolicy(),
    window: new LeaderCommitPolicy({ windowMs: numbers.window }),
    count: new CountPolicy({ records: numbers.count }),
    bytes: new BytesPolicy({ bytes: numbers.bytes }),
    age: new AgePolicy({ ms: numbers.age }),
    adaptive: new AdaptivePolicy({
      ...(numbers.worth > 0 && {
        goal: { perFlush: numbers.worth, perRecordMs: 1 },
      }),
      ...(numbers.target > 0 && { goal: { p99Ms: numbers.target } }),
      ...(numbers.ladder > 0 && { ladder: [2, 4, numbers.ladder] }),
    }),
    any: anyOf(
      new CountPolicy({ records: numbers.anyCount }),
      new BytesPolicy({ bytes: numbers.anyBytes }),
      new AgePolicy({ ms: numbers.anyAge }),
    ),
  };
  return Object.fromEntries(
    Object.entries(policies).map(([id, policy]) => {
      const load = trace?.arrivals ?? loadOf(settings);
      const isDrawn = trace !== undefined && settings.costs === "trace";
      const costs = isDrawn
        ? {
          ...sampledCosts(trace.flushes, numbers.seed),
          ...sampledTurns(trace.turns ?? [], numbers.seed),
          isBlocking: trace.isBlocking,
        }
        : costsOf(settings);
      const run = simulate(policy, load, costs, trace?.options);
      return [id, cellsOf(run, numbers.price)];
    }),
  );
}

function loadOf({ load, numbers }: Settings) {
  const { size: bytes, seed, appends: count, callers, burst } = numbers;
  const burstMs = Math.min(numbers.burstMs, burst * 1000 / numbers.rate);
  const appends = Math.ceil(count / callers);
  const thinkMs = numbers.think;
  return load === "callers"
    ? thinkingCallers({ callers, appends, thinkMs, bytes, seed })
    : burstyArrivals({
      ...{ count, perSecond: numbers.rate, bytes, seed },
      ...{ burst, burstMs: burst > 1 ? burstMs : 0 },
    });
}

function costsOf({ numbers }: Settings) {
  return driftingCosts({
    syncMs: numbers.sync,
    spread: numbers.spread,
    writeMsPerMiB: numbers.write,
    seed: numbers.seed,
  });
}

/** A run as a row of the table; a month has 2,629,800 seconds. */
export function cellsOf(run: Simulation, price = 0): string[] {
  const latencies = [
    run.meanMs,
    ...[0.5, 0.99, 0.999].map((share) => run.quantileMs(share)),
  ];
  const rateOf = (rate: number) =>
    rate < 99.95 ? rate.toFixed(1) : Math.round(rate).toLocaleString("en-US");
  const month = run.flushesPerSecond * 2.6298 * price;
  return [
    ...latencies.map((ms) => formatDuration(ms).replace("us", "µs")),
    rateOf(run.recordsPerSecond),
    rateOf(run.flushesPerSecond),
    run.recordsPerFlush.toFixed(1),
    `${(run.busyShare * 100).toFixed(1)} %`,
    ...price > 0
      ? [
        month < 99.95
          ? month.toFixed(2)
          : Math.round(month).toLocaleString("en-US"),
      ]
      : [],
  ];
}
