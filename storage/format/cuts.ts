/** A place where a log was cut back. */
export interface Cut {
  /** When, by a number that rises: the epoch in a manifest. */
  readonly at: number;
  /** LSN of the last record that was left. */
  readonly lastLsn: number;
}

/** Maximum number of cuts that a manifest remembers. */
export const MOST_CUTS = 8;

/** The same in memory. */
const MOST_CUTS_IN_MEMORY = 64;

/**
 * Adds a cut to those remembered. What matters to a reader is the lowest cut
 * since it last looked, so earlier cuts that left more are forgotten. If there
 * are too many, the two oldest become one, which can only make a reader that
 * last looked between the two believe that it was cut off.
 */
export function addCut(
  cuts: readonly Cut[],
  cut: Cut,
  most = MOST_CUTS,
): readonly Cut[] {
  const kept = cuts.filter(({ lastLsn }) => lastLsn < cut.lastLsn);
  const [oldest, second] = kept;
  return kept.length < most
    ? [...kept, cut]
    : [{ at: second.at, lastLsn: oldest.lastLsn }, ...kept.slice(2), cut];
}

/** The lowest last LSN that cuts after `at` left; `Infinity` without one. */
export function lowestSince(cuts: readonly Cut[], at: number): number {
  return cuts.find((cut) => cut.at > at)?.lastLsn ?? Infinity;
}

/** How often a log was cut back while it was open, and how far. */
export class CutHistory {
  #cuts: readonly Cut[] = [];
  #count = 0;

  /** Number of cuts so far. */
  get count(): number {
    return this.#count;
  }

  /** Notes a cut that left the records up to `lastLsn`. */
  add(lastLsn: number): void {
    const cut = { at: ++this.#count, lastLsn };
    this.#cuts = addCut(this.#cuts, cut, MOST_CUTS_IN_MEMORY);
  }

  /** The lowest last LSN that a cut after the first `count` left; or Infinity. */
  lowestSince(count: number): number {
    return lowestSince(this.#cuts, count);
  }
}
