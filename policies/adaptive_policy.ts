import { ArrivalsSeen } from "./_arrivals_seen.ts";
import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";
import { chooseWait, NO_WAIT, type Wait } from "./_choose_wait.ts";
import { RecentOccasions } from "./_recent_occasions.ts";
import { requireDuration, requireLadder, requireOptions } from "./_require.ts";

/** Options of {@linkcode AdaptivePolicy}. */
export interface AdaptivePolicyOptions {
  /**
   * Sizes of batches that are waited for, in records: integers of at least 2,
   * each larger than the one before. The last one caps every batch.
   * Default 2, 4, 8, 16, 32, 64, 128.
   */
  ladder?: readonly number[];
  /**
   * No record is let wait if that and a flush together take longer than this,
   * in ms, at least 0. Default: unlimited.
   */
  targetLatencyMs?: number;
}

const LADDER = [2, 4, 8, 16, 32, 64, 128];

/** The plan is made anew after so many flushes. */
const FLUSHES_A_PLAN = 4;

/** A wait that ends with the last arrival would miss it half of the time. */
const SLACK = 1.05;

/**
 * Learns from the log's own traffic and device when it pays to wait, for how
 * many records and how long; waits nowhere else.
 */
export class AdaptivePolicy implements BatchPolicy {
  /** The cap on records: the ladder's last rung. */
  readonly limits: BatchLimits;
  readonly #ladder: readonly number[];
  readonly #targetLatencyMs: number;
  readonly #seen = new ArrivalsSeen();
  readonly #recent = new RecentOccasions();
  #whenIdle = NO_WAIT;
  #whenBusy = NO_WAIT;
  #flushes = 0;

  /** Throws `RangeError` or `TypeError` where an option is out of bounds. */
  constructor(options: AdaptivePolicyOptions = {}) {
    requireOptions("AdaptivePolicy", options);
    const { ladder = LADDER, targetLatencyMs } = options;
    this.#ladder = requireLadder("AdaptivePolicy ladder", ladder);
    this.limits = { records: this.#ladder.at(-1) };
    this.#targetLatencyMs = targetLatencyMs === undefined
      ? Infinity
      : requireDuration("AdaptivePolicy targetLatencyMs", targetLatencyMs);
  }

  /** At once from the rung on, else when the oldest record has waited. */
  due(batch: PendingBatch): number {
    this.#seen.note(batch);
    const { records, oldestAt } = batch;
    const isBusy = oldestAt <= this.#recent.busyUntil;
    const { rung, ms } = isBusy ? this.#whenBusy : this.#whenIdle;
    return records < rung ? oldestAt + ms : oldestAt;
  }

  /** Learns what the flush cost, and who came while it and its batch waited. */
  observe(flush: FlushReport): void {
    this.#recent.add(flush, this.#seen.take(flush));
    if (++this.#flushes % FLUSHES_A_PLAN > 0) return;
    const { flushMs } = this.#recent;
    this.#whenIdle = this.#plan(false, this.#whenIdle, flushMs);
    this.#whenBusy = this.#plan(true, this.#whenBusy, flushMs);
  }

  #plan(isBusy: boolean, last: Wait, flushMs: number): Wait {
    const occasions = this.#recent.occasions(isBusy);
    if (occasions.length === 0) return last;
    const { rung, ms } = chooseWait(occasions, this.#ladder, flushMs);
    const most = Math.max(0, this.#targetLatencyMs - flushMs);
    return { rung, ms: Math.min(ms * SLACK, 2 * flushMs, most) };
  }
}
