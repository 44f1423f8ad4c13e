import type { ArrivalGroups } from "./_arrivals_seen.ts";
import type { FlushReport, PendingBatch } from "./batch_policy.ts";

/** Flushes that the averages reach back, about. */
const REMEMBERED = 32;

/** Flushes that the correlation of their durations reaches back, about. */
const CORRELATED = 48;

/** With a correlation from here on, there is no pace at all. */
const MOST_CORRELATION = 0.5;

/** Where durations vary by less than this, squared, they do not vary. */
const LEAST_VARIANCE = 0.01;

/**
 * A pace for flushes whose durations vary at random: a batch waits while fewer
 * records wait than do on average.
 *
 * If arrivals are independent, that is the rule that makes latencies lowest: to
 * wait costs what all records in the log wait, and the log would wait that long
 * on average in any case. If each flush takes equally long, it asks for no wait:
 * half of a flush's arrivals wait on average, and all of them at its end. After
 * a flush that happened to be quick, fewer do. Durations that resemble the one
 * before are not chance but a slower or faster period, in which a wait for the
 * average would be wrong, so the pace is slackened in proportion.
 *
 * Source: the average-cost criterion for batch service queues, in Deb and
 * Serfozo, "Optimal control of batch service queues" (1973).
 */
export class Pace {
  #waitedMs = 0;
  #spanMs = 0;
  #records = 0;
  #startedAt = 0;
  #weight = 0;
  #sum = 0;
  #variance = 0;
  #covariance = 0;
  #lastMs = 0;
  /** A batch of that many records does not wait. */
  #leastRecords = 0;
  #waitMs = 0;

  /** When the batch has waited long enough: once its size is reached, at once. */
  due({ records, oldestAt }: PendingBatch): number {
    if (records >= this.#leastRecords) return oldestAt;
    return Math.max(oldestAt, this.#startedAt + this.#waitMs);
  }

  /** Learns from a flush, which counts as having taken `flushMs`. */
  observe(flush: FlushReport, groups: ArrivalGroups, flushMs: number): void {
    const { startedAt } = flush;
    const keep = 1 - 1 / REMEMBERED;
    this.#waitedMs = this.#waitedMs * keep +
      groups.waitedUntil(startedAt);
    this.#records = this.#records * keep + flush.records;
    this.#spanMs = this.#spanMs * keep + startedAt - this.#startedAt;
    this.#startedAt = startedAt;
    const slack = 1 - this.#correlation(flushMs) / MOST_CORRELATION;
    const isPaced = slack > 0 && this.#spanMs > 0;
    this.#leastRecords = isPaced ? this.#waitedMs / this.#spanMs : 0;
    this.#waitMs = isPaced ? slack * this.#waitedMs / this.#records : 0;
  }

  /** How far durations resemble the ones before, 0 to 1. */
  #correlation(flushMs: number): number {
    const keep = 1 - 1 / CORRELATED;
    this.#weight = this.#weight * keep + 1;
    this.#sum = this.#sum * keep + flushMs;
    const mean = this.#sum / this.#weight;
    const [now, last] = [flushMs - mean, this.#lastMs - mean];
    this.#lastMs = flushMs;
    this.#variance = this.#variance * keep + now * now;
    this.#covariance = this.#covariance * keep + now * last;
    const least = LEAST_VARIANCE * mean * mean * this.#weight;
    if (this.#variance <= least) return 0;
    return Math.max(0, this.#covariance / this.#variance);
  }
}
