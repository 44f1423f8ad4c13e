/** The cuts of a log that were seen, as far as readers may ask for them. */
export class CutList {
  /** How many there were before each, and what it left; both rise. */
  #lowest: { readonly before: number; readonly lastLsn: number }[] = [];
  #count = 0;

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** Adds one that left the records up to `lastLsn`. */
  add(lastLsn: number): void {
    this.#lowest = this.#lowest.filter((cut) => cut.lastLsn < lastLsn);
    this.#lowest.push({ before: this.#count++, lastLsn });
  }

  /** The lowest last LSN that a cut after the first `count` left. */
  lowestSince(count: number): number {
    const cut = this.#lowest.find(({ before }) => before >= count);
    return cut?.lastLsn ?? Infinity;
  }
}
