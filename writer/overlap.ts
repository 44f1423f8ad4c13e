/** How much a new observation counts. */
const WEIGHT = 0.2;

/** With fewer records in a turn, what one costs cannot be measured. */
const LEAST_RECORDS = 8;

/** Fewer records are not divided. */
const LEAST_DIVIDED = 128;

/** What it takes to hand a frame over and to hear of its end, in ms. */
const HANDING_MS = 0.08;

/** How much more must be gained than that costs: both are estimates. */
const MARGIN = 1.5;

/** A flush longer than this blocks the event loop for too long, in ms. */
const SLOW_MS = 0.5;

/** After as many flushes, the other way is tried once, to measure it. */
const TRIAL_FLUSHES = 64;

/** Sizes that were not flushed for so long say nothing any more. */
const FORGOTTEN_FLUSHES = 4096;

/** What flushes of about one size have cost. */
interface Cost {
  bytes: number;
  ms: number;
  /** Number of the last such flush. */
  last: number;
}

/** A flush, as `Overlap` sees it. */
export interface ObservedFlush {
  readonly records: number;
  readonly bytes: number;
  /** Records that were queued when it ended. */
  readonly queued: number;
  /** Ms that its write and its sync took. */
  readonly ms: number;
}

/**
 * Whether it pays to flush on another thread while the callers append.
 *
 * Callers that wait for their records append again once they are released. If
 * all of them wait for one flush, nothing overlaps. In two groups, one appends
 * while the other is flushed, at the price of one more flush a round: that pays
 * if the time in which all append is longer than what a flush costs whatever
 * its size. Both are measured; a flush's fixed cost is where a line through the
 * costs of the smallest and the largest ones meets zero.
 */
export class Overlap {
  #recordMs = NaN;
  #flushMs = NaN;
  /** Records that callers wait for at the same time. */
  #outstanding = NaN;
  #flushes = 0;
  /** By the logarithm of the size. */
  readonly #costs = new Map<number, Cost>();

  /** `records` were appended within a turn, in `ms`. */
  observeTurn(records: number, ms: number): void {
    if (records < LEAST_RECORDS) return;
    this.#recordMs = blend(this.#recordMs, Math.max(0, ms) / records);
  }

  /** A flush has ended. */
  observeFlush({ records, bytes, queued, ms }: ObservedFlush): void {
    const last = ++this.#flushes;
    this.#flushMs = blend(this.#flushMs, ms);
    this.#outstanding = blend(this.#outstanding, records + queued);
    const size = Math.floor(Math.log2(bytes + 1));
    const cost = this.#costs.get(size) ?? { bytes, ms, last };
    cost.bytes = blend(cost.bytes, bytes);
    cost.ms = blend(cost.ms, ms);
    cost.last = last;
    this.#costs.set(size, cost);
  }

  /** Whether callers should be flushed in two groups. */
  get pays(): boolean {
    const appendMs = this.#outstanding * this.#recordMs;
    const pays = this.#outstanding >= LEAST_DIVIDED &&
      appendMs > MARGIN * (this.#fixedMs() + HANDING_MS);
    const isTrial = this.#flushes % TRIAL_FLUSHES === TRIAL_FLUSHES - 1 &&
      this.#outstanding >= LEAST_DIVIDED;
    return pays !== isTrial;
  }

  /** Whether a flush takes so long that it should not block this thread. */
  get isSlow(): boolean {
    return this.#flushMs > SLOW_MS;
  }

  /**
   * Number of records of a turn that are flushed before it ends, so that there
   * are two groups; `Infinity` if that does not pay.
   */
  get partRecords(): number {
    return this.pays ? Math.ceil(this.#outstanding / 2) : Infinity;
  }

  #fixedMs(): number {
    let least: Cost | undefined;
    let most: Cost | undefined;
    for (const cost of this.#costs.values()) {
      if (cost.last < this.#flushes - FORGOTTEN_FLUSHES) continue;
      if (least === undefined || cost.bytes < least.bytes) least = cost;
      if (most === undefined || cost.bytes > most.bytes) most = cost;
    }
    if (least === undefined || most === undefined) return Infinity;
    if (least === most) return least.ms;
    const slope = (most.ms - least.ms) / (most.bytes - least.bytes);
    // Few small flushes, or old ones, may have cost more than large ones do.
    if (slope <= 0) return most.ms;
    return Math.max(0, least.ms - slope * least.bytes);
  }
}

function blend(before: number, now: number): number {
  return Number.isNaN(before) ? now : before + WEIGHT * (now - before);
}
