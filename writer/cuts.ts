/** A place to which the log was cut back. */
interface Cut {
  /** How many cuts there had been, with this one. */
  readonly serial: number;
  /** The last LSN that it left. */
  readonly lastLsn: number;
}

/** Cuts that are told apart; more are joined. */
const MOST_CUTS = 64;

/**
 * How often a log was cut back, and how far. A cut below earlier ones makes
 * them meaningless, so only those are kept that no later one went below.
 */
export class Cuts {
  /** In order; both numbers rise. */
  readonly #lowest: Cut[] = [];
  #count = 0;

  /** Number of cuts so far. */
  get count(): number {
    return this.#count;
  }

  /** Notes a cut that left the records up to `lastLsn`. */
  add(lastLsn: number): void {
    const cuts = this.#lowest;
    while (cuts.length > 0 && cuts[cuts.length - 1].lastLsn >= lastLsn) {
      cuts.pop();
    }
    cuts.push({ serial: ++this.#count, lastLsn });
    if (cuts.length <= MOST_CUTS) return;
    // Errs towards telling a reader of a cut that it had not yet passed.
    const [first, second] = cuts;
    cuts.splice(0, 2, { ...second, lastLsn: first.lastLsn });
  }

  /** The lowest last LSN that a cut after the first `count` left; or Infinity. */
  lowestSince(count: number): number {
    const next = this.#lowest.find(({ serial }) => serial > count);
    return next === undefined ? Infinity : next.lastLsn;
  }
}
