/** How much a new observation counts. */
const WEIGHT = 0.2;

/** Fewer records of a turn are no measure of what one costs. */
const LEAST_RECORDS = 8;

/** Fewer records are not worth a flush of their own. */
const LEAST_PART = 64;

/** What it takes to hand a frame over and to hear of its end, in ms. */
const HANDING_MS = 0.05;

/** A flush longer than this blocks the event loop for too long, in ms. */
const SLOW_MS = 1;

/** A flush shorter than this is not worth handing over by itself, in ms. */
const FAST_MS = 0.5;

/** Flushes between two decisions, so that one outlier decides nothing. */
const REVIEW_FLUSHES = 32;

/**
 * Whether flushing on another thread pays. It takes two wake-ups, so it does
 * only if the callers keep this thread busy for as long as a flush takes, or if
 * a flush takes so long that it should not block the event loop.
 *
 * A turn that appends many records is flushed in two parts then: the first one
 * is written and synced while the rest is still being appended.
 */
export class Overlap {
  #recordMs = NaN;
  #flushMs = NaN;
  #flushRecords = NaN;
  #flushes = 0;

  /** `records` were appended within a turn, in `ms`. */
  observeTurn(records: number, ms: number): void {
    if (records < LEAST_RECORDS) return;
    this.#recordMs = blend(this.#recordMs, Math.max(0, ms) / records);
  }

  /** The write and the sync of `records` took `ms`. */
  observeFlush(records: number, ms: number): void {
    this.#flushMs = blend(this.#flushMs, ms);
    this.#flushRecords = blend(this.#flushRecords, records);
    this.#flushes++;
  }

  /**
   * Number of records of a turn that are flushed before it ends: as many as are
   * appended while a flush takes place. `Infinity` as long as that is unknown.
   */
  get partRecords(): number {
    const records = Math.ceil(this.#flushMs / this.#recordMs);
    return records >= 0 ? Math.max(LEAST_PART, records) : Infinity;
  }

  /** Whether to flush on a thread, where it `isThreaded` now or not. */
  prefersThread(isThreaded: boolean): boolean {
    if (this.#flushes < REVIEW_FLUSHES) return isThreaded;
    this.#flushes = 0;
    const turnMs = this.#recordMs * this.#flushRecords || 0;
    if (isThreaded) {
      return this.#flushMs > FAST_MS || turnMs > this.#flushMs / 2;
    }
    return this.#flushMs > SLOW_MS || turnMs > this.#flushMs + HANDING_MS;
  }
}

function blend(before: number, now: number): number {
  return Number.isNaN(before) ? now : before + WEIGHT * (now - before);
}
