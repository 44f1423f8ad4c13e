import type { Arrivals, ArrivedRecords } from "./_arrivals_seen.ts";
import type { FlushReport } from "./batch_policy.ts";
import type { Occasion } from "./_choose_wait.ts";

/** Flushes that are remembered: old ones must not hide a change for long. */
const REMEMBERED = 24;

/** A flush that takes so many times the median counts as if it took less. */
const STALLED = 4;

/** A flush of which it is not known yet what came while it ran. */
interface Open {
  readonly isBusy: boolean;
  readonly oldestAt: number;
  /** When the batch could have been flushed. */
  readonly readyAt: number;
  /** How long the flush took. */
  readonly flushMs: number;
  readonly records: number;
  readonly came: ArrivedRecords[];
}

/** What the last flushes cost, and the occasions on which they were made. */
export class RecentOccasions {
  readonly #flushMs: number[] = [];
  readonly #occasions: (Occasion & { readonly isBusy: boolean })[] = [];
  #open: Open | undefined;
  /** When the last flush was durable; before, the log is busy. */
  busyUntil = -Infinity;

  /** Adds a flush; what came during the one before is known now. */
  add(flush: FlushReport, { ready, came }: Arrivals): void {
    const { oldestAt, startedAt, durableAt } = flush;
    if (this.#open !== undefined) this.#close(this.#open, came);
    const isBusy = oldestAt <= this.busyUntil;
    const readyAt = isBusy ? this.busyUntil : oldestAt;
    keep(this.#flushMs, Math.max(0, durableAt - startedAt));
    const flushMs = Math.min(durableAt - startedAt, STALLED * this.flushMs);
    this.#open = { isBusy, oldestAt, readyAt, flushMs, records: ready, came };
    this.busyUntil = durableAt;
  }

  /** Median of what a flush took, in ms; a stalled one is no measure. */
  get flushMs(): number {
    const sorted = [...this.#flushMs].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  /** Those on which the first record found a flush in flight, or the others. */
  occasions(isBusy: boolean): Occasion[] {
    return this.#occasions.filter((occasion) => occasion.isBusy === isBusy);
  }

  #close(
    { isBusy, oldestAt, readyAt, flushMs, ...open }: Open,
    next: ArrivedRecords[],
  ) {
    const { records } = open;
    const later = [...open.came, ...next]
      .filter(({ at }) => readyAt < at && at < readyAt + flushMs)
      .map(({ at, records }) => ({ ms: at - readyAt, records }));
    const total = later.reduce((sum, { records }) => sum + records, records);
    const lagMs = readyAt - oldestAt;
    const occasion = { isBusy, lagMs, records, total, flushMs, later };
    keep(this.#occasions, occasion);
  }
}

function keep<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > REMEMBERED) items.shift();
}
