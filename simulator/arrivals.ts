import { requireAmount, requireInteger, requirePositive } from "../argument.ts";
import { exponential, uniform } from "../random.ts";

/** An append that arrives at a simulated log. */
export interface Arrival {
  /** The instant, in ms on the simulated log's clock. */
  readonly at: number;
  /** Bytes of the record, or of all its records together, at least 0. */
  readonly bytes: number;
  /**
   * Records that share a frame, as in `appendBatch`: an integer of at least 1.
   * Default 1.
   */
  readonly records?: number | undefined;
}

/** Single records from 0 ms on; `gap` returns the ms from one to the next. */
function arrivalsByGap(
  count: number,
  bytes: number,
  gap: (nth: number, at: number) => number,
): Iterable<Arrival> {
  return {
    *[Symbol.iterator]() {
      let at = 0;
      for (let nth = 0; nth < count; nth++) {
        yield { at, bytes };
        at += gap(nth, at);
      }
    },
  };
}

/** Options of {@linkcode steadyArrivals}, and of others based on it. */
export interface ArrivalsOptions {
  /** How many records arrive, an integer of at least 1. */
  count: number;
  /** Average records per second, above 0. */
  perSecond: number;
  /** Bytes of each record, at least 0. Default 100. */
  bytes?: number | undefined;
}

/**
 * Records at equal intervals, the first at 0 ms.
 *
 * The result can be iterated more than once. Throws `TypeError` or `RangeError`
 * for bad options.
 *
 * @example
 * ```ts
 * import { steadyArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const arrivals = steadyArrivals({ count: 3, perSecond: 100 });
 * assert.deepEqual([...arrivals].map(({ at }) => at), [0, 10, 20]);
 * ```
 */
export function steadyArrivals(options: ArrivalsOptions): Iterable<Arrival> {
  const { count, perSecond, bytes = 100 } = options;
  const gapMs = 1000 /
    requirePositive("simulate", "steadyArrivals perSecond", perSecond);
  return arrivalsByGap(
    requireInteger("simulate", "steadyArrivals count", count),
    requireAmount("simulate", "steadyArrivals bytes", bytes),
    () => gapMs,
  );
}

/** Options of {@linkcode poissonArrivals}. */
export interface PoissonArrivalsOptions extends ArrivalsOptions {
  /** Seed, an integer; the same one gives the same arrivals. Default 1. */
  seed?: number | undefined;
}

/**
 * Records that arrive independently of each other: a Poisson process, like the
 * sum of many callers that know nothing of one another.
 *
 * The result can be iterated more than once. Throws `TypeError` or `RangeError`
 * for bad options.
 *
 * @example
 * ```ts
 * import { poissonArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const [first, second] = poissonArrivals({ count: 1000, perSecond: 100 });
 * assert.deepEqual(first.at, 0);
 * assert.ok(second.at > 0);
 * ```
 */
export function poissonArrivals(
  options: PoissonArrivalsOptions,
): Iterable<Arrival> {
  const { count, perSecond, bytes = 100, seed = 1 } = options;
  const gapMs = 1000 /
    requirePositive("simulate", "poissonArrivals perSecond", perSecond);
  return arrivalsByGap(
    requireInteger("simulate", "poissonArrivals count", count),
    requireAmount("simulate", "poissonArrivals bytes", bytes),
    (nth) => exponential(uniform(seed, 0, nth), gapMs),
  );
}

/** Options of {@linkcode rampArrivals}. */
export interface RampArrivalsOptions extends PoissonArrivalsOptions {
  /**
   * Records per second at the end, above 0; `perSecond` is the initial rate.
   */
  toPerSecond: number;
  /** Ms until that rate is reached, above 0; it stays constant afterwards. */
  rampMs: number;
}

/**
 * Records that arrive independently of each other, at a rate that changes
 * linearly to another.
 *
 * The result can be iterated more than once. Throws `TypeError` or `RangeError`
 * for bad options.
 *
 * @example
 * ```ts
 * import { rampArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const ramp = { perSecond: 100, toPerSecond: 10_000, rampMs: 500 };
 * const arrivals = [...rampArrivals({ count: 5000, ...ramp })];
 * const early = arrivals.filter(({ at }) => at < 100).length;
 * const late = arrivals.filter(({ at }) => 500 < at && at < 600).length;
 * assert.ok(early * 5 < late);
 * ```
 */
export function rampArrivals(options: RampArrivalsOptions): Iterable<Arrival> {
  const { count, bytes = 100, seed = 1 } = options;
  const from = requirePositive(
    "simulate",
    "rampArrivals perSecond",
    options.perSecond,
  );
  const to = requirePositive(
    "simulate",
    "rampArrivals toPerSecond",
    options.toPerSecond,
  );
  const rampMs = requirePositive(
    "simulate",
    "rampArrivals rampMs",
    options.rampMs,
  );
  return arrivalsByGap(
    requireInteger("simulate", "rampArrivals count", count),
    requireAmount("simulate", "rampArrivals bytes", bytes),
    (nth, at) => {
      const rate = from + (to - from) * Math.min(1, at / rampMs);
      return exponential(uniform(seed, 0, nth), 1000 / rate);
    },
  );
}

/** Options of {@linkcode onOffArrivals}. */
export interface OnOffArrivalsOptions extends PoissonArrivalsOptions {
  /** How long records arrive, in ms, above 0. Default 100. */
  onMs?: number | undefined;
  /** How long none arrive afterwards, in ms, at least 0. Default 100. */
  offMs?: number | undefined;
}

/**
 * Records that arrive independently of each other for a while, then not at all
 * for a while, and so on. `perSecond` is the rate while they arrive.
 *
 * The result can be iterated more than once. Throws `TypeError` or `RangeError`
 * for bad options.
 *
 * @example
 * ```ts
 * import { onOffArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const options = { count: 500, perSecond: 1000, onMs: 10, offMs: 90 };
 * for (const { at } of onOffArrivals(options)) assert.ok(at % 100 < 10);
 * ```
 */
export function onOffArrivals(
  options: OnOffArrivalsOptions,
): Iterable<Arrival> {
  const { count, perSecond, bytes = 100, seed = 1 } = options;
  const onMs = requirePositive(
    "simulate",
    "onOffArrivals onMs",
    options.onMs ?? 100,
  );
  const offMs = requireAmount(
    "simulate",
    "onOffArrivals offMs",
    options.offMs ?? 100,
  );
  const gapMs = 1000 /
    requirePositive("simulate", "onOffArrivals perSecond", perSecond);
  return arrivalsByGap(
    requireInteger("simulate", "onOffArrivals count", count),
    requireAmount("simulate", "onOffArrivals bytes", bytes),
    (nth, at) => {
      const gap = exponential(uniform(seed, 0, nth), gapMs);
      const intoOn = at % (onMs + offMs) + gap;
      return gap + Math.floor(intoOn / onMs) * offMs;
    },
  );
}

/** Options of {@linkcode burstyArrivals}. */
export interface BurstyArrivalsOptions extends PoissonArrivalsOptions {
  /** Records per burst, an integer of at least 1. Default 16. */
  burst?: number | undefined;
  /** Ms from the first record of a burst to its last, at least 0. Default 0. */
  burstMs?: number | undefined;
}

/**
 * Records that arrive in bursts, which are independent of each other.
 * `perSecond` is the overall rate; it must leave time for the bursts.
 *
 * The result can be iterated more than once. Throws `TypeError` or `RangeError`
 * for bad options.
 *
 * @example
 * ```ts
 * import { burstyArrivals } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const options = { count: 6, perSecond: 100, burst: 3 };
 * const instants = [...burstyArrivals(options)].map(({ at }) => at);
 * assert.deepEqual(new Set(instants).size, 2);
 * ```
 */
export function burstyArrivals(
  options: BurstyArrivalsOptions,
): Iterable<Arrival> {
  const { count, perSecond, bytes = 100, seed = 1 } = options;
  const burst = requireInteger(
    "simulate",
    "burstyArrivals burst",
    options.burst ?? 16,
  );
  const burstMs = requireAmount(
    "simulate",
    "burstyArrivals burstMs",
    options.burstMs ?? 0,
  );
  const gapMs = 1000 /
    requirePositive("simulate", "burstyArrivals perSecond", perSecond);
  const pauseMs = requireAmount(
    "simulate",
    "burstyArrivals pauses between bursts",
    gapMs * burst - burstMs,
  );
  const stepMs = burst > 1 ? burstMs / (burst - 1) : 0;
  return arrivalsByGap(
    requireInteger("simulate", "burstyArrivals count", count),
    requireAmount("simulate", "burstyArrivals bytes", bytes),
    (nth) =>
      (nth + 1) % burst > 0
        ? stepMs
        : exponential(uniform(seed, 0, nth), pauseMs),
  );
}

/** Throws unless `arrival` is valid and no earlier than `earliest`. */
export function requireArrival(arrival: Arrival, earliest: number): Arrival {
  const { at, bytes, records = 1 } = arrival;
  requireAmount("simulate", "an arrival's at", at, earliest);
  requireAmount("simulate", "an arrival's bytes", bytes);
  requireInteger("simulate", "an arrival's records", records);
  return arrival;
}
