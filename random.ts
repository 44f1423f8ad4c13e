/** Picks an integer from 0 up to, but not including, `choices`. */
export type Choose = (choices: number) => number;

/**
 * Chooses at random, but reproducibly: the same `seed`, a 32-bit integer, gives
 * the same choices. The generator is mulberry32 by Tommy Ettinger (public
 * domain).
 */
export function seeded(seed: number): Choose {
  let state = seed >>> 0;
  return (choices) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) % choices;
  };
}

/**
 * A pseudorandom number from 0 up to, but not including, 1 that depends only on
 * the three integers. It keeps no state, so runs that use it can be repeated.
 *
 * Source: the finalizer of MurmurHash3 by Austin Appleby (public domain).
 */
export function uniform(seed: number, which: number, nth: number): number {
  let mixed = mix(seed ^ Math.imul(which + 1, 0x9e3779b1));
  mixed = mix(mixed ^ Math.imul(nth + 1, 0x85ebca77));
  return (mixed >>> 0) / 2 ** 32;
}

/** The time to the next of independent events, `mean` on average. */
export function exponential(share: number, mean: number): number {
  return -ln(1 - share) * mean;
}

/**
 * A standard normal deviate that depends only on the two integers.
 *
 * Source: the polar method of Marsaglia and Bray (1964), which needs no cosine.
 */
export function normal(seed: number, nth: number): number {
  // Others than those that arrivals draw with the same seed.
  const draw = (which: number) => 2 * uniform(~seed, nth, which) - 1;
  for (let first = 0;; first += 2) {
    const [x, y] = [draw(first), draw(first + 1)];
    const square = x * x + y * y;
    if (square > 0 && square < 1) {
      return x * Math.sqrt(-2 * ln(square) / square);
    }
  }
}

/**
 * The natural logarithm of a number above 0. `Math.log` may differ in the last
 * bit from one engine to another, and so may whatever is derived from it. This
 * one consists of operations that IEEE 754 rounds exactly.
 */
export function ln(value: number): number {
  let [mantissa, exponent] = [value, 0];
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  // The series of 2 artanh(part); the next term is below half a bit.
  const part = (mantissa - 1) / (mantissa + 1);
  const square = part * part;
  let sum = 0;
  for (let odd = 21; odd > 0; odd -= 2) sum = sum * square + 1 / odd;
  return 2 * part * sum + exponent * Math.LN2;
}

/** e to the power of a number, the same in every engine, as `ln` is. */
export function exp(power: number): number {
  const doublings = Math.round(power / Math.LN2);
  const rest = power - doublings * Math.LN2;
  let sum = 1;
  for (let nth = 14; nth > 0; nth--) sum = 1 + sum * rest / nth;
  return sum * 2 ** doublings;
}

function mix(value: number): number {
  let mixed = value ^ value >>> 16;
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ mixed >>> 13, 0xc2b2ae35);
  return mixed ^ mixed >>> 16;
}

/** Pseudorandom numbers that are the same for the same seed. */
export class SeededRandom {
  readonly #choose: Choose;

  /** Only the lower 32 bits of `seed` are used. */
  constructor(seed: number) {
    this.#choose = seeded(seed);
  }

  /** A number from 0 up to, but not including, 1. */
  next(): number {
    return this.#choose(2 ** 32) / 2 ** 32;
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** One of `choices`. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.integer(0, choices.length - 1)];
  }
}
