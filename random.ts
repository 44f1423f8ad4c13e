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
  return -Math.log(1 - share) * mean;
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
