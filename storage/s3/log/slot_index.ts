/** What is known before a slot that is to be read. */
export interface SlotPlace {
  /** The slot before; 0 before the first one. */
  readonly slot: number;
  /** LSN of the last record up to that slot. */
  readonly lastLsn: number;
  /** The highest epoch up to that slot. */
  readonly epoch: number;
}

/** Most places that an index holds: about 100 KiB. */
const MOST_PLACES = 4096;

/**
 * Places in a log that were seen as it was written or read, so that records are
 * found again. It keeps fewer of the older ones if there are many.
 */
export class SlotIndex {
  readonly #most: number;
  /** In ascending order of their slots, and so of their LSNs. */
  #places: SlotPlace[] = [];

  /** Knows nothing. */
  constructor(most = MOST_PLACES) {
    this.#most = most;
  }

  /** Notes a place, which must be final. */
  note({ slot, lastLsn, epoch }: SlotPlace): void {
    const at = this.#after((place) => place.slot >= slot);
    if (this.#places[at]?.slot === slot) return;
    const place = { slot, lastLsn, epoch };
    if (at === this.#places.length) this.#places.push(place);
    else this.#places.splice(at, 0, place);
    if (this.#places.length > this.#most) this.#thin();
  }

  /** The last place before record `lsn`, if any is known. */
  before(lsn: number): SlotPlace | undefined {
    return this.#places[this.#after((place) => place.lastLsn >= lsn) - 1];
  }

  /** The first known place that has record `lsn` before it, if any. */
  after(lsn: number): SlotPlace | undefined {
    return this.#places[this.#after((place) => place.lastLsn >= lsn)];
  }

  /** Number of places kept. */
  get length(): number {
    return this.#places.length;
  }

  /** Drops every second one of the older three quarters. */
  #thin(): void {
    const older = this.#places.length * 3 / 4;
    this.#places = this.#places.filter((_, at) => at > older || at % 2 === 0);
  }

  /** The first index from which on `holds` is true. */
  #after(holds: (place: SlotPlace) => boolean): number {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#places[middle])) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
