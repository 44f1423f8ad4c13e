import type { ArrivalGroups } from "./_arrivals_seen.ts";
import type { Goal } from "./_goal.ts";
import type { LatencyGoal } from "./_latency_goal.ts";
import { Trials } from "./_trials.ts";
import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Flushes that averages reach back, about. */
const REMEMBERED = 24;

/** Flushes that the gains of patience reach back, about. */
const GAINS_REMEMBERED = 12;

/**
 * How long to wait for the next record, in multiples of the wait that would cost
 * as much as a record does on average.
 */
const PATIENCE = [0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 16, 64];

/**
 * Sizes of a batch, in octaves around the one from which a wait for another
 * record costs more than records do: from a 32nd of it to four times it.
 */
const LEAST_SIZE = 1 / 32;
const SIZES = 8;

/** The first size from which a wait costs more. */
const LARGE = -Math.log2(LEAST_SIZE);

/** No batch waits longer than until that has cost so many flushes. */
const MOST_FLUSHES = 1.5;

/**
 * Makes the sum of two costs low: of flushes, and of the time that records wait.
 *
 * A flush ends a cycle, so the lowest cost per record is reached by waiting for
 * the next record as long as that costs less than a record does on average. How
 * long the next one will take depends on how many there are already: callers
 * that wait for their acks stop coming once all of them wait. So for each size
 * of batch, it learns from past gaps between arrivals how patient to be: what
 * each patience would have gained, including the records after the next. What
 * follows a gap that no batch ever outlasted can only be found out by a trial;
 * there are fewer of them the longer it lasts.
 *
 * No wait costs more than 1.5 flushes, as in the ski rental problem. A wait that
 * lowers the mean latency is made in any case.
 *
 * Sources: the renewal-reward theorem for batch service queues, in Deb and
 * Serfozo, "Optimal control of batch service queues" (1973); the bound is that
 * of Dooly, Goldman and Scott, "TCP dynamic acknowledgment delay" (1998).
 */
export class CostGoal implements Goal {
  readonly #latency: LatencyGoal;
  /** The price of a flush, in ms that one record waits. */
  readonly #flushPrice: number;
  readonly #gains = Array.from(
    { length: SIZES },
    () => new Float64Array(PATIENCE.length),
  );
  /** For each size of batch, the patience that would have gained most. */
  readonly #patience = new Float64Array(SIZES).fill(1, 0, LARGE);
  readonly #line = new Line();
  /** What a record costs on average, in ms that one record waits. */
  #price = 0;
  /** The average time between records. */
  #gapMs = 0;
  /** Decayed sums of what flushes were made, and of what they cost. */
  #flushes = 0;
  #records = 0;
  #waitedMs = 0;
  #spanMs = 0;
  #startedAt = 0;
  #busyUntil = -Infinity;
  readonly #trials = new Trials(Infinity);

  /** Waits at least as long as `latency`. */
  constructor(latency: LatencyGoal, flushPrice: number) {
    this.#latency = latency;
    this.#flushPrice = flushPrice;
  }

  /** When the batch has waited for the next record as long as that may pay. */
  due(batch: PendingBatch): number {
    const { records, oldestAt, newestAt } = batch;
    const dueAt = this.#latency.due(batch);
    if (this.#flushes === 0) return dueAt;
    const from = Math.max(newestAt, this.#busyUntil);
    const oldest = this.#readyAt(oldestAt);
    // Those that came during a flush could not have been flushed before.
    const waited = records * (from - (oldest + from) / 2);
    const left = Math.max(0, MOST_FLUSHES * this.#flushPrice - waited);
    const patience = this.#trials.isDue
      ? PATIENCE[PATIENCE.length - 1]
      : this.#patience[this.#sizeOf(records)];
    const waitMs = Math.min(left, patience * this.#price) / records;
    return Math.max(dueAt, from + waitMs);
  }

  /** Learns what records cost, and how long the gaps between them are. */
  observe(
    flush: FlushReport,
    groups: ArrivalGroups,
    ready: number,
    mostRecords: number,
  ): void {
    this.#latency.observe(flush, groups, ready, mostRecords);
    const { startedAt, endedAt, oldestAt } = flush;
    const keep = 1 - 1 / REMEMBERED;
    this.#flushes = this.#flushes * keep + 1;
    this.#records = this.#records * keep + flush.records;
    this.#waitedMs = this.#waitedMs * keep +
      groups.waitedUntil(startedAt);
    this.#spanMs = this.#spanMs * keep + startedAt - this.#startedAt;
    this.#startedAt = startedAt;
    const cost = this.#flushPrice * this.#flushes + this.#waitedMs;
    this.#price = cost / this.#records;
    this.#gapMs = this.#spanMs / this.#records;
    // What arrived after an ack may have been waiting for that ack.
    const isContinued = oldestAt < this.#busyUntil;
    if (isContinued) this.#line.add(groups);
    this.#learn(isContinued);
    this.#choosePatience();
    this.#line.begin(groups, this.#readyAt(oldestAt));
    this.#busyUntil = endedAt;
    this.#trials.count();
  }

  #readyAt(oldestAt: number): number {
    return Math.max(oldestAt, this.#busyUntil);
  }

  /** Index of the octave of a batch's size. */
  #sizeOf(records: number): number {
    const costMs = records * this.#gapMs;
    let most = 2 * LEAST_SIZE * this.#price;
    let size = 0;
    while (size < SIZES - 1 && costMs >= most) {
      size++;
      most *= 2;
    }
    return size;
  }

  #choosePatience(): void {
    for (let size = 0; size < SIZES; size++) {
      const gains = this.#gains[size];
      let best = size < LARGE ? PATIENCE.indexOf(1) : 0;
      for (let index = 0; index < gains.length; index++) {
        if (gains[index] > gains[best]) best = index;
      }
      this.#patience[size] = PATIENCE[best];
    }
  }

  /** Adds up what each patience would have gained at each gap. */
  #learn(isContinued: boolean): void {
    const line = this.#line;
    const price = this.#price;
    const { length } = line;
    // What followed each arrival, with the patience as it is.
    for (let index = length - 1; index >= 0; index--) {
      const records = line.sizes[index];
      const patience = this.#patience[this.#sizeOf(records)];
      const patientMs = patience * price / records;
      const gapMs = line.gapAfter(index);
      if (index === length - 1) {
        line.gains[index] = isContinued ? 0 : -records * patientMs;
      } else if (gapMs <= patientMs) {
        line.gains[index] = line.gainAfter(index, price);
      } else line.gains[index] = -records * patientMs;
    }
    let last = -1;
    for (let index = 0; index < line.first; index++) {
      const isEnd = index === length - 1;
      if (isEnd && isContinued) break;
      const gapMs = isEnd ? Infinity : line.gapAfter(index);
      if (gapMs <= 0) continue;
      const records = line.sizes[index];
      const size = this.#sizeOf(records);
      const gains = this.#gains[size];
      for (let option = 0; option < PATIENCE.length; option++) {
        const patientMs = PATIENCE[option] * price / records;
        const gain = gapMs <= patientMs
          ? line.gainAfter(index, price)
          : -records * patientMs;
        const keep = size > last ? 1 - 1 / GAINS_REMEMBERED : 1;
        gains[option] = gains[option] * keep + gain;
      }
      last = size;
    }
  }
}

/** The arrivals of one batch and of the next one, as if they were one batch. */
class Line {
  /** Number of arrivals. */
  length = 0;
  /** Number of them in the first batch. */
  first = 0;
  /** Records up to and with each arrival. */
  readonly sizes = new Float64Array(64);
  /** What comes after each arrival gains. */
  readonly gains = new Float64Array(64);
  readonly #at = new Float64Array(64);
  #readyAt = 0;

  /** Begins with a batch that could be flushed from an instant on. */
  begin(groups: ArrivalGroups, readyAt: number): void {
    this.length = 0;
    this.#readyAt = readyAt;
    this.add(groups);
    this.first = this.length;
  }

  /** Adds the arrivals of the next batch. */
  add({ at, records, length }: ArrivalGroups): void {
    let size = this.length > 0 ? this.sizes[this.length - 1] : 0;
    for (let index = 0; index < length; index++) {
      size += records[index];
      this.#at[this.length] = at[index];
      this.sizes[this.length++] = size;
    }
  }

  /** How long a batch that is ready waits for the next arrival, in ms. */
  gapAfter(index: number): number {
    const from = Math.max(this.#at[index], this.#readyAt);
    return index + 1 < this.length ? this.#at[index + 1] - from : 0;
  }

  /** What waiting for the next arrival gains, and what follows it. */
  gainAfter(index: number, price: number): number {
    const more = this.sizes[index + 1] - this.sizes[index];
    const gapMs = Math.max(0, this.gapAfter(index));
    return more * price - this.sizes[index] * gapMs + this.gains[index + 1];
  }
}
