/** Entries from `index` on that have the same term, up to the next run. */
interface Run {
  readonly index: number;
  readonly term: number;
}

/**
 * The terms of all entries of a log. Terms change only with a new leader, so
 * this takes memory per leader, not per entry.
 */
export class Terms {
  #runs: Run[] = [];

  /** The term of an entry that is in the log. */
  at(index: number): number | undefined {
    return this.#runs.findLast((run) => run.index <= index)?.term;
  }

  /** Adds the next entry. */
  add(index: number, term: number): void {
    if (this.#runs.at(-1)?.term !== term) this.#runs.push({ index, term });
  }

  /** Forgets all entries after `index`. */
  cutAfter(index: number): void {
    this.#runs = this.#runs.filter((run) => run.index <= index);
  }

  /** Forgets all entries before `index`. */
  dropBefore(index: number): void {
    const first = this.#runs.findLastIndex((run) => run.index <= index);
    this.#runs.splice(0, Math.max(0, first));
  }
}
