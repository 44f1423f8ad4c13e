/** How the number of flushes between two trials grows. */
const GROWTH = 1.5;

/**
 * Says when a batch should wait in full, to find out whether records follow the
 * silence that usually ends the wait: at first, and then less and less often.
 */
export class Trials {
  /** Whether the next batch is a trial. */
  isDue = true;
  readonly #most: number;
  #left = 1;
  #every = 1;

  /** At least one of `most` flushes is a trial. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Called once per flush. */
  count(): void {
    if (this.isDue) this.#every = Math.min(this.#most, this.#every * GROWTH);
    this.isDue = --this.#left <= 0;
    if (this.isDue) this.#left = this.#every;
  }
}
