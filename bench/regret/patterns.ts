import { exp, exponential, ln, normal, SeededRandom } from "../../random.ts";
import type { Arrival } from "../../simulator/arrivals.ts";
import type { ClosedLoop } from "../../simulator/callers.ts";
import type { CostModel } from "../../simulator/costs.ts";

/** How a device's flushes vary. */
export const DEVICES = ["constant", "jittered", "two-speed"] as const;

/** A kind of device. */
export type DeviceKind = typeof DEVICES[number];

/** Where appends come from. */
export const LOADS = [
  ...["poisson", "modulated", "pareto", "sessions", "steps"] as const,
  ...["switches", "callers", "classes"] as const,
];

/** A kind of load. */
export type LoadKind = typeof LOADS[number];

/** A load on a device, drawn from a seed. */
export interface Pattern {
  readonly seed: number;
  readonly load: LoadKind;
  readonly device: DeviceKind;
  /** What a typical flush takes, in ms. */
  readonly flushMs: number;
  /** Records that arrive during such a flush, about. */
  readonly perFlush: number;
  /** The appends; a new one for each run. */
  arrivals(): Iterable<Arrival> | ClosedLoop;
  /** The device; a new one for each run. */
  costs(): CostModel;
}

/**
 * Draws the pattern of `seed`: every load meets every device. Another `run` has
 * the same load and device, but other arrivals and durations.
 */
export function drawPattern(seed: number, appends: number, run = 0): Pattern {
  const random = new SeededRandom(seed * 7919 + 17);
  const load = LOADS[seed % LOADS.length];
  const device = DEVICES[Math.floor(seed / LOADS.length) % DEVICES.length];
  const flushMs = logUniform(random, 0.05, 20);
  const perFlush = logUniform(random, 0.05, 30);
  const context = { flushMs, perFlush, appends, seed: seed + 1e6 * run };
  const shape = SHAPES[load](random, context);
  const speed = SPEEDS[device](random, flushMs);
  return {
    ...{ seed, load, device, flushMs, perFlush },
    arrivals: () => shape(new SeededRandom(context.seed + 1)),
    costs: () => speed(context.seed + 2),
  };
}

interface Context {
  readonly flushMs: number;
  readonly perFlush: number;
  readonly appends: number;
  readonly seed: number;
}

type Shape = (random: SeededRandom) => Iterable<Arrival> | ClosedLoop;

/** The times between arrivals, one after another, without an end. */
type Gaps = Generator<number, never>;

const BYTES = 100;

const SHAPES: Readonly<
  Record<LoadKind, (random: SeededRandom, context: Context) => Shape>
> = {
  poisson: (_, { flushMs, perFlush, appends }) => (random) =>
    takeGaps(appends, exponentialGaps(random, flushMs / perFlush)),
  modulated(random, { flushMs, perFlush, appends }) {
    const factor = logUniform(random, 4, 60);
    const stayMs = flushMs * logUniform(random, 2, 100);
    return (random) =>
      takeGaps(
        appends,
        modulatedGaps(random, flushMs / perFlush, factor, stayMs),
      );
  },
  pareto(random, { flushMs, perFlush, appends }) {
    const shape = 1.2 + random.next() * 1.3;
    const least = flushMs / perFlush * (shape - 1) / shape;
    return (random) => takeGaps(appends, paretoGaps(random, least, shape));
  },
  sessions(random, { flushMs, perFlush, appends }) {
    const records = logUniform(random, 2, 100);
    const lengthMs = flushMs * logUniform(random, 0.05, 3);
    const idleMs = Math.max(flushMs, records * flushMs / perFlush);
    return (random) =>
      takeGaps(appends, sessionGaps(random, records, lengthMs, idleMs));
  },
  steps(random, { flushMs, perFlush, appends }) {
    const factors = [1, 2, 3].map(() => logUniform(random, 0.3, 3));
    return (random) => {
      const gapMs = flushMs / perFlush;
      return takeGaps(appends, stepGaps(random, gapMs, factors, appends));
    };
  },
  switches(random, context) {
    const { flushMs, perFlush, appends } = context;
    const gapMs = flushMs / perFlush;
    const records = logUniform(random, 4, 60);
    const lengthMs = flushMs * logUniform(random, 0.1, 1);
    const idleMs = Math.max(flushMs, records * gapMs);
    return (random) =>
      takeGaps(
        appends,
        switchGaps(
          appends / 4,
          exponentialGaps(random, gapMs),
          sessionGaps(random, records, lengthMs, idleMs),
        ),
      );
  },
  callers(random, { flushMs, appends, seed }) {
    const callers = Math.round(logUniform(random, 2, 120));
    const thinkMs = flushMs * logUniform(random, 0.01, 3);
    const isConstant = random.next() < 0.4;
    return () =>
      thinking([{ callers, thinkMs, isConstant }], appends, seed + 3);
  },
  classes(random, { flushMs, appends, seed }) {
    const drawn = [1, 2, 3].slice(0, random.integer(2, 3)).map(() => ({
      callers: Math.round(logUniform(random, 1, 40)),
      thinkMs: flushMs * logUniform(random, 0.01, 10),
      isConstant: random.next() < 0.4,
    }));
    return () => thinking(drawn, appends, seed + 3);
  },
};

function* takeGaps(count: number, gaps: Gaps): Generator<Arrival> {
  let at = 0;
  for (let nth = 0; nth < count; nth++) {
    yield { at, bytes: BYTES };
    at += gaps.next().value;
  }
}

function* exponentialGaps(random: SeededRandom, meanMs: number): Gaps {
  while (true) yield exponentialOf(random, meanMs);
}

/** A Poisson process whose rate jumps between two values. */
function* modulatedGaps(
  random: SeededRandom,
  meanMs: number,
  factor: number,
  stayMs: number,
): Gaps {
  let isFast = false;
  let left = 0;
  while (true) {
    let gap = 0;
    while (true) {
      if (left <= 0) {
        isFast = !isFast;
        left = exponentialOf(random, stayMs);
      }
      const mean = isFast
        ? meanMs / Math.sqrt(factor)
        : meanMs * Math.sqrt(factor);
      const next = exponentialOf(random, mean);
      if (next <= left) {
        left -= next;
        gap += next;
        break;
      }
      gap += left;
      left = 0;
    }
    yield gap;
  }
}

function* paretoGaps(random: SeededRandom, least: number, shape: number): Gaps {
  while (true) yield least * exp(-ln(1 - random.next()) / shape);
}

/** Bursts that are spread out, with pauses between them. */
function* sessionGaps(
  random: SeededRandom,
  records: number,
  lengthMs: number,
  idleMs: number,
): Gaps {
  while (true) {
    const count = 1 + Math.floor(exponentialOf(random, records - 1) + 0.5);
    for (let nth = 1; nth < count; nth++) {
      yield exponentialOf(random, lengthMs / records);
    }
    yield exponentialOf(random, idleMs);
  }
}

function* stepGaps(
  random: SeededRandom,
  meanMs: number,
  factors: readonly number[],
  count: number,
): Gaps {
  for (let nth = 0;; nth++) {
    const step = Math.floor(nth / count * factors.length) % factors.length;
    yield exponentialOf(random, meanMs * factors[step]);
  }
}

function* switchGaps(every: number, one: Gaps, other: Gaps): Gaps {
  for (let nth = 0;; nth++) {
    yield (Math.floor(nth / every) % 2 ? other : one).next().value;
  }
}

interface CallerClass {
  readonly callers: number;
  readonly thinkMs: number;
  readonly isConstant: boolean;
}

function thinking(
  classes: readonly CallerClass[],
  appends: number,
  seed: number,
): ClosedLoop {
  const random = new SeededRandom(seed);
  const of = classes.flatMap((one) =>
    Array<CallerClass>(one.callers).fill(one)
  );
  let left = appends;
  return {
    callers: of.length,
    next(caller, _nth, readyAt) {
      if (left-- <= 0) return undefined;
      const { thinkMs, isConstant } = of[caller];
      const ms = isConstant ? thinkMs : exponentialOf(random, thinkMs);
      return { at: readyAt + ms, bytes: BYTES };
    },
  };
}

const SPEEDS: Readonly<
  Record<
    DeviceKind,
    (random: SeededRandom, flushMs: number) => (seed: number) => CostModel
  >
> = {
  constant: (_, flushMs) => () => device(() => flushMs),
  jittered(random, flushMs) {
    const deviation = ln(1.1 + random.next() * 0.9);
    return (seed) =>
      device((_at, nth) => flushMs * exp(deviation * normal(seed, nth)));
  },
  "two-speed"(random, flushMs) {
    const factor = logUniform(random, 3, 30);
    const share = 0.05 + random.next() * 0.35;
    // Slow flushes come one by one, or in periods.
    const slowMs = random.next() < 0.5
      ? 0
      : flushMs * factor * logUniform(random, 1, 50);
    const fastMs = slowMs * (1 - share) / share;
    return (seed) => {
      const random = new SeededRandom(seed);
      let isSlow = false;
      let until = exponentialOf(random, fastMs);
      return device((at) => {
        if (slowMs === 0) isSlow = random.next() < share;
        while (slowMs > 0 && at >= until) {
          isSlow = !isSlow;
          until += exponentialOf(random, isSlow ? slowMs : fastMs);
        }
        return isSlow ? flushMs * factor : flushMs;
      });
    };
  },
};

function device(
  flushMs: (at: number, nth: number) => number,
): CostModel {
  return { writeMs: () => 0, syncMs: (at, _, nth) => flushMs(at, nth) };
}

function exponentialOf(random: SeededRandom, mean: number): number {
  return exponential(random.next(), mean);
}

function logUniform(random: SeededRandom, least: number, most: number) {
  return least * exp(ln(most / least) * random.next());
}
