import { type Choose, seeded } from "../../storage/_seeded.ts";

/** Numbers that look random and are the same for the same seed. */
export class SeededRandom {
  readonly #choose: Choose;

  /** Of `seed`, the lower 32 bits count. */
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
