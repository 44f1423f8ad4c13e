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

/**
 * Which recorded appends waited for the acks of others, in columns with a number
 * for each append, in order.
 */
export interface Links {
  /**
   * How many appends before it is the one whose ack it waited for; 0 if it
   * waited for none.
   */
  readonly after: ArrayLike<number>;
  /** When it was durable in the recording, in ms; `NaN` if it never was. */
  readonly ackedAt: ArrayLike<number>;
}

/** Arrivals as a log received them, which can be iterated more than once. */
export interface RecordedArrivals extends Iterable<Arrival> {
  /** Absent if it is not known which appends waited for acks. */
  readonly links?: Links | undefined;
}

/** Single records from 0 ms on; `gap` returns the ms from one to the next. */
function arrivalsByGap(
  maker: string,
  { count, bytes = 100 }: ArrivalsOptions,
  gap: (nth: number, at: number) => number,
): Iterable<Arrival> {
  requireInteger("simulate", `${maker} count`, count);
  requireAmount("simulate", `${maker} bytes`, bytes);
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

/** The mean gap between records, in ms. */
function meanGapMs(maker: string, { perSecond }: ArrivalsOptions): number {
  return 1000 / requirePositive("simulate", `${maker} perSecond`, perSecond);
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
  const gapMs = meanGapMs("steadyArrivals", options);
  return arrivalsByGap("steadyArrivals", options, () => gapMs);
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
  const { seed = 1 } = options;
  const gapMs = meanGapMs("poissonArrivals", options);
  return arrivalsByGap(
    "poissonArrivals",
    options,
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
  const { perSecond, toPerSecond, rampMs, seed = 1 } = options;
  requirePositive("simulate", "rampArrivals perSecond", perSecond);
  requirePositive("simulate", "rampArrivals toPerSecond", toPerSecond);
  requirePositive("simulate", "rampArrivals rampMs", rampMs);
  return arrivalsByGap("rampArrivals", options, (nth, at) => {
    const share = Math.min(1, at / rampMs);
    const rate = perSecond + (toPerSecond - perSecond) * share;
    return exponential(uniform(seed, 0, nth), 1000 / rate);
  });
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
  const { onMs = 100, offMs = 100, seed = 1 } = options;
  requirePositive("simulate", "onOffArrivals onMs", onMs);
  requireAmount("simulate", "onOffArrivals offMs", offMs);
  const gapMs = meanGapMs("onOffArrivals", options);
  return arrivalsByGap("onOffArrivals", options, (nth, at) => {
    const gap = exponential(uniform(seed, 0, nth), gapMs);
    const intoOn = at % (onMs + offMs) + gap;
    return gap + Math.floor(intoOn / onMs) * offMs;
  });
}

/** Options of {@linkcode burstyArrivals}. */
export interface BurstyArrivalsOptions extends PoissonArrivalsOptions {
  /** Records per burst, an integer of at least 1. Default 16. */
  burst?: number | undefined;
  /**
   * Ms from the first record of a burst to its last, at least 0. A burst of one
   * record takes no time. Default 0.
   */
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
  const { burst = 16, burstMs = 0, seed = 1 } = options;
  requireInteger("simulate", "burstyArrivals burst", burst);
  requireAmount("simulate", "burstyArrivals burstMs", burstMs);
  const lengthMs = burst > 1 ? burstMs : 0;
  const pauseMs = requireAmount(
    "simulate",
    "burstyArrivals pauses between bursts",
    meanGapMs("burstyArrivals", options) * burst - lengthMs,
  );
  const stepMs = lengthMs / (burst - 1);
  return arrivalsByGap(
    "burstyArrivals",
    options,
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
