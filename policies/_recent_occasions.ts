import type { Arrivals, ArrivedRecords } from "./_arrivals_seen.ts";
import type { Occasion } from "./_choose_wait.ts";
import type { FlushReport } from "./batch_policy.ts";

/** Flushes to remember: few, so that old ones do not hide a change for long. */
const REMEMBERED = 24;

/** A flush that takes longer counts as this many medians. */
const STALLED = 4;

/** A flush whose later arrivals are not known yet. */
interface Open {
  readonly isBusy: boolean;
  readonly oldestAt: number;
  /** When the batch could first have been flushed. */
  readonly readyAt: number;
  /** How long the flush took. */
  readonly flushMs: number;
  readonly records: number;
  readonly arrived: ArrivedRecords[];
}

/** What the last flushes cost, and the occasions for them. */
export class RecentOccasions {
  readonly #flushMs: number[] = [];
  readonly #occasions: (Occasion & { readonly isBusy: boolean })[] = [];
  #open: Open | undefined;
  /** When the last flush became durable; until then, the log was busy. */
  busyUntil = -Infinity;

  /** Adds a flush; the arrivals during the flush before it are now known. */
  add(flush: FlushReport, { ready, arrived }: Arrivals): void {
    const { oldestAt, startedAt, endedAt } = flush;
    if (this.#open !== undefined) this.#close(this.#open, arrived);
    const isBusy = oldestAt <= this.busyUntil;
    const readyAt = isBusy ? this.busyUntil : oldestAt;
    keep(this.#flushMs, Math.max(0, endedAt - startedAt));
    const flushMs = Math.min(endedAt - startedAt, STALLED * this.flushMs);
    this.#open = {
      isBusy,
      oldestAt,
      readyAt,
      flushMs,
      records: ready,
      arrived,
    };
    this.busyUntil = endedAt;
  }

  /** Median duration of a flush, in ms, which a single stall does not move. */
  get flushMs(): number {
    const sorted = [...this.#flushMs].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  /**
   * The occasions whose first record found a flush in flight, or the others.
   */
  occasions(isBusy: boolean): Occasion[] {
    return this.#occasions.filter((occasion) => occasion.isBusy === isBusy);
  }

  #close(
    { isBusy, oldestAt, readyAt, flushMs, ...open }: Open,
    next: ArrivedRecords[],
  ) {
    const { records } = open;
    const later = [...open.arrived, ...next]
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
