import {
  type Arrival,
  burstyArrivals,
  poissonArrivals,
} from "../../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../../simulator/callers.ts";
import type { Device } from "./device.ts";

/** Appends that the tables are made for. */
export interface Load {
  readonly name: string;
  /** What comes. */
  readonly text: string;
  /** A fresh one for a run on a device. */
  readonly make: (device: Device) => Iterable<Arrival> | ClosedLoop;
}

const THINK_MS = 1;

/**
 * Callers who await each record before they append the next. All of them end at
 * the same instant, when each could have appended so often were it alone. If
 * each had a number of appends, those who think longest would be among
 * themselves in the end, and rates would be too low.
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

/** Records that know nothing of each other, for as long as is worth it. */
export function recordsComing(perSecond: number): Iterable<Arrival> {
  const count = Math.round(Math.min(40_000, Math.max(4000, perSecond / 2)));
  return poissonArrivals({ count, perSecond });
}

/** What not every table has. */
export const extremes = {
  deluge: {
    name: "deluge",
    text: "50,000 records/s, as independent",
    make: () => recordsComing(50_000),
  },
  large: {
    name: "large",
    text: "4 times a second 64 records of 64 KB at once",
    make: () =>
      burstyArrivals({ count: 6400, perSecond: 256, burst: 64, bytes: 64_000 }),
  },
} as const satisfies Record<string, Load>;

/** The loads by their short names. */
export const loads = {
  lone: {
    name: "lone caller",
    text: "one caller awaits each record, and then takes 1 ms on average",
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
    text: "10,000 records/s, as independent",
    make: () => recordsComing(10_000),
  },
  bursts: {
    name: "bursts",
    text: "20 bursts a second, each of 32 records within 2 ms",
    make: () =>
      burstyArrivals({ count: 9600, perSecond: 640, burst: 32, burstMs: 2 }),
  },
} as const satisfies Record<string, Load>;
