import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { simulate } from "../../simulator/simulate.ts";
import type { Simulation } from "../../simulator/simulation.ts";
import type { Device } from "./device.ts";
import type { Load } from "./loads.ts";

/** What a policy comes to. */
export interface Measured {
  /**
   * Whether appends were acknowledged as they came: `"late"` if they waited
   * longer and longer, `"never"` if most waited for the log to be closed.
   */
  readonly outcome: "timely" | "late" | "never";
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly flushesPerSecond: number;
  readonly recordsPerSecond: number;
}

/** From this share on the device is as busy as it can be. */
const BUSY = 0.97;

/** A backlog that grows evenly makes it 2.1 times as long. */
const LONGER = 1.5;

/** Simulates a policy under a load on a device. */
export function measure(
  policy: BatchPolicy,
  load: Pick<Load, "make">,
  device: Device,
): Measured {
  const run = simulate(policy, load.make(device), device.costs);
  return {
    outcome: outcomeOf(run),
    meanMs: run.meanMs,
    p99Ms: run.quantileMs(0.99),
    flushesPerSecond: run.flushesPerSecond,
    recordsPerSecond: run.recordsPerSecond,
  };
}

function outcomeOf(run: Simulation): Measured["outcome"] {
  if (run.stranded > run.records / 2) return "never";
  const isBusy = run.busyShare > BUSY;
  const waitedMiddle = meanBetween(run.latencies, 0.4, 0.5);
  const waitedLast = meanBetween(run.latencies, 0.9, 1);
  return isBusy && waitedLast > LONGER * waitedMiddle ? "late" : "timely";
}

function meanBetween(
  latencies: Float64Array,
  from: number,
  to: number,
): number {
  const { length } = latencies;
  const some = latencies.subarray(
    Math.floor(from * length),
    Math.ceil(to * length),
  );
  return some.reduce((sum, latency) => sum + latency, 0) / some.length;
}
