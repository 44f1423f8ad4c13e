import type { ArrivalGroups } from "./_arrivals_seen.ts";
import { FlushTimes } from "./_flush_times.ts";
import type { Goal } from "./_goal.ts";
import { Trials } from "./_trials.ts";
import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Flushes whose durations are known. */
const REMEMBERED = 100;

/** Share of the records that may be late; the rest up to 1 % is a reserve. */
const LATE = 0.006;

/** The budget for late records is what the last this many flushes gave. */
const BUDGET_FLUSHES = 100;

/** While the budget is untouched, flushes may be among the slowest 5 %. */
const LEAST_SHARE = 0.95;

/** Part of the budget that is kept back. */
const KEPT = 0.3;

/** The share falls to the least one over this many flushes. */
const WARM_UP = 50;

/** Part of the bound that is used: with budget left, and without. */
const USED = 0.985;
const USED_IN_DEBT = 0.9;

/** No record is expected after a silence of this many times the longest gap. */
const SILENCE = 4;

/** Per flush, the longest gap is taken to be that much shorter. */
const GAP_KEPT = 0.98;

/** At most so many flushes are between two waits in full. */
const MOST_BETWEEN_TRIALS = 64;

/**
 * Makes few flushes, with the 99th percentile of latencies within a bound: each
 * batch waits as long as the bound leaves if the flush is slow.
 *
 * It ends the wait once nothing more seems to come: callers that await their
 * acks, for example, all wait by then. That is after a silence of four times the
 * longest gap that was followed by a record. Now and then, a batch waits in full
 * to find out whether longer gaps are.
 *
 * How slow is decided by a budget: each record adds to it, and each late record
 * takes away from it. With an empty budget, a batch leaves time for the slowest
 * of the last 100 flushes, and for a tenth of the bound more; with a full one,
 * for the slowest but five in a hundred.
 */
export class P99Goal implements Goal {
  readonly #p99Ms: number;
  readonly #times = new FlushTimes(REMEMBERED, Infinity);
  #ageMs = 0;
  /** Late records beyond the share that may be. */
  #debt = 0;
  #records = 0;
  #longestGapMs = 0;
  #newestAt = 0;
  #busyUntil = -Infinity;
  readonly #trials = new Trials(MOST_BETWEEN_TRIALS);

  /** Keeps 99 % of the latencies within `p99Ms`. */
  constructor(p99Ms: number) {
    this.#p99Ms = p99Ms;
  }

  /** When the oldest record has waited as long as it may, or nothing comes. */
  due({ oldestAt, newestAt }: PendingBatch): number {
    const dueAt = oldestAt + this.#ageMs;
    if (this.#trials.isDue) return dueAt;
    const silentFrom = Math.max(newestAt, this.#busyUntil);
    return Math.min(dueAt, silentFrom + SILENCE * this.#longestGapMs);
  }

  /** Learns how slow flushes are, how many records were late, and the gaps. */
  observe(flush: FlushReport, groups: ArrivalGroups): void {
    this.#learnGaps(groups);
    this.#busyUntil = flush.endedAt;
    const { startedAt, endedAt, records } = flush;
    this.#times.add(Math.max(0, endedAt - startedAt), endedAt);
    const late = countLate(groups, endedAt - this.#p99Ms);
    this.#records = this.#records * (1 - 1 / BUDGET_FLUSHES) + records;
    const budget = LATE * this.#records;
    this.#debt = Math.max(-budget, this.#debt + late - LATE * records);
    const isInDebt = this.#debt > 0;
    const flushMs = this.#times.quantile(isInDebt ? 1 : this.#share(budget));
    const used = isInDebt ? USED_IN_DEBT : USED;
    this.#ageMs = Math.max(0, used * this.#p99Ms - flushMs);
  }

  #learnGaps({ at, length }: ArrivalGroups): void {
    this.#longestGapMs *= GAP_KEPT;
    // What came after an ack may have been waiting for that ack.
    let from = at[0] < this.#busyUntil ? this.#newestAt : at[0];
    for (let index = 0; index < length; index++) {
      this.#longestGapMs = Math.max(this.#longestGapMs, at[index] - from);
      from = Math.max(at[index], this.#busyUntil);
    }
    this.#newestAt = from;
    this.#trials.count();
  }

  /** The share of flushes to leave time for. */
  #share(budget: number): number {
    const left = Math.max(0, -this.#debt / budget - KEPT) / (1 - KEPT);
    const warmth = Math.min(1, this.#times.length / WARM_UP);
    return 1 - (1 - LEAST_SHARE) * left * warmth;
  }
}

/** Records that arrived before `instant`. */
function countLate({ at, records, length }: ArrivalGroups, instant: number) {
  let late = 0;
  for (let index = 0; index < length && at[index] < instant; index++) {
    late += records[index];
  }
  return late;
}
