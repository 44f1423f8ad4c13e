import type { BatchPolicy } from "../../policies/batch_policy.ts";
import {
  type Arrival,
  burstyArrivals,
  poissonArrivals,
} from "../../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../../simulator/callers.ts";
import { constantCosts, type CostModel } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import type { Simulation } from "../../simulator/simulation.ts";

/** A device that policies are measured on. */
export interface Device {
  /** One word. */
  readonly name: string;
  /** Hardware with such costs. */
  readonly like: string;
  /** How long each sync takes, in ms. */
  readonly syncMs: number;
  readonly costs: CostModel;
}

/** A solid-state disk that may answer before its flash is written. */
export const fast: Device = device("fast", "NVMe in a server", 0.1, 0.01, 0.5);

/** A hard disk, or a disk across a network. */
export const slow: Device = device("slow", "a hard disk", 8, 0.02, 8);

/** The devices, in the order in which they are shown. */
export const devices: readonly Device[] = [fast, slow];

function device(
  name: string,
  like: string,
  syncMs: number,
  writeMs: number,
  writeMsPerMiB: number,
): Device {
  const costs = constantCosts({ syncMs, writeMs, writeMsPerMiB });
  return { name, like, syncMs, costs };
}

/** Appends that policies are measured with. */
export interface Load {
  readonly name: string;
  /** What the appends are, for the table of loads. */
  readonly text: string;
  /** A fresh one for a run on a device. */
  readonly make: (device: Device) => Iterable<Arrival> | ClosedLoop;
}

const THINK_MS = 1;

/**
 * Callers that await each record before they append the next. All of them stop
 * at the same instant, after the time that `appends` would take one of them
 * alone. If each made a fixed number of appends, the slowest would be left
 * alone at the end, and rates would come out too low.
 */
export function callersWaiting(
  callers: number,
  { syncMs }: Device,
  appends = 600,
): ClosedLoop {
  const endsAt = appends * (THINK_MS + syncMs);
  const endless = { callers, appends: Number.MAX_SAFE_INTEGER };
  const loop = thinkingCallers({ ...endless, thinkMs: THINK_MS });
  return {
    callers,
    next(caller, nth, readyAt) {
      const arrival = loop.next(caller, nth, readyAt);
      return arrival !== undefined && arrival.at < endsAt ? arrival : undefined;
    },
  };
}

/** Records that arrive independently, for long enough to measure. */
export function recordsComing(perSecond: number): Iterable<Arrival> {
  const count = Math.round(Math.min(40_000, Math.max(4000, perSecond / 2)));
  return poissonArrivals({ count, perSecond });
}

/** Loads that only some tables have. */
export const extremes = {
  deluge: {
    name: "deluge",
    text: "50,000 records/s, also independent",
    make: () => recordsComing(50_000),
  },
  large: {
    name: "large",
    text: "64 records of 64 KB at once, 4 times a second",
    make: () =>
      burstyArrivals({ count: 6400, perSecond: 256, burst: 64, bytes: 64_000 }),
  },
} as const satisfies Record<string, Load>;

/** The loads by their short names. */
export const loads = {
  lone: {
    name: "lone caller",
    text: "one caller that awaits each record, then pauses 1 ms on average",
    make: (device) => callersWaiting(1, device, 4000),
  },
  callers: {
    name: "64 callers",
    text: "64 such callers",
    make: (device) => callersWaiting(64, device),
  },
  trickle: {
    name: "trickle",
    text: "100 records/s, independent of each other and of their acks",
    make: () => recordsComing(100),
  },
  flood: {
    name: "flood",
    text: "10,000 records/s, also independent",
    make: () => recordsComing(10_000),
  },
  bursts: {
    name: "bursts",
    text: "20 bursts a second, each of 32 records within 2 ms",
    make: () =>
      burstyArrivals({ count: 9600, perSecond: 640, burst: 32, burstMs: 2 }),
  },
} as const satisfies Record<string, Load>;

/** How a policy did. */
export interface Measured {
  /**
   * Whether acks kept up with appends: `"late"` if appends waited longer and
   * longer, `"never"` if most waited until the log was closed.
   */
  readonly outcome: "timely" | "late" | "never";
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly flushesPerSecond: number;
  readonly recordsPerSecond: number;
}

/** Above this share the device is saturated. */
const BUSY = 0.97;

/** A backlog that grows evenly makes the last waits 2.1 times the middle ones. */
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
