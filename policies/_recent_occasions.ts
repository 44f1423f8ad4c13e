import type { Arrivals, Came } from "./_arrivals_seen.ts";
import type { FlushReport } from "./batch_policy.ts";
import type { Occasion } from "./_choose_wait.ts";

/** Flushes that are remembered: old ones must not hide a change for long. */
const REMEMBERED = 24;

/** A flush of which it is not known yet what came while it ran. */
interface Open {
  readonly isBusy: boolean;
  readonly oldestAt: number;
  /** When the batch could have been flushed. */
  readonly readyAt: number;
  /** How long the flush took. */
  readonly flushMs: number;
  readonly records: number;
  readonly came: readonly Came[];
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
    const flushMs = Math.max(0, durableAt - startedAt);
    this.#open = { isBusy, oldestAt, readyAt, flushMs, records: ready, came };
    this.busyUntil = durableAt;
    keep(this.#flushMs, flushMs);
  }

  /** Median of what a flush took, in ms; a stalled one is no measure. */
  get flushMs(): number {
    const sorted = this.#flushMs.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  /** Those on which the first record found a flush in flight, or the others. */
  occasions(isBusy: boolean): Occasion[] {
    return this.#occasions.filter((occasion) => occasion.isBusy === isBusy);
  }

  #close(open: Open, next: readonly Came[]): void {
    const { isBusy, oldestAt, readyAt, records } = open;
    const end = readyAt + Math.min(open.flushMs, this.flushMs);
    const later = [...open.came, ...next]
      .filter(({ at }) => readyAt < at && at < end)
      .map(({ at, records }) => ({ ms: at - oldestAt, records }));
    const total = later.reduce((sum, { records }) => sum + records, records);
    const lagMs = readyAt - oldestAt;
    keep(this.#occasions, { isBusy, lagMs, records, total, later });
  }
}

function keep<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > REMEMBERED) items.shift();
}
