import { argumentError, requireAmount, requireOptions } from "../argument.ts";
import { ArrivalsSeen } from "./_arrivals_seen.ts";
import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";
import { chooseWait, NO_WAIT, type Wait } from "./_choose_wait.ts";
import { RecentOccasions } from "./_recent_occasions.ts";

/** Options of {@linkcode AdaptivePolicy}. */
export interface AdaptivePolicyOptions {
  /**
   * Sizes of batches that are waited for, in records: integers of at least 2,
   * each larger than the one before. The last one caps every batch.
   * Default 2, 4, 8, 16, 32, 64, 128.
   */
  ladder?: readonly number[] | undefined;
  /**
   * No record is let wait if that and the median flush together take longer
   * than this, in ms, at least 0. Default: unlimited.
   */
  targetLatencyMs?: number | undefined;
}

const LADDER = [2, 4, 8, 16, 32, 64, 128];

/** The plan is made anew after so many flushes. */
const FLUSHES_A_PLAN = 4;

/** A wait that ends with the last arrival would miss it half of the time. */
const SLACK = 1.05;

/** The longest wait, in flushes. */
const MOST_FLUSHES = 2;

/**
 * Waits only when waiting is expected to pay: learns from the log's own traffic
 * and device for how many records to wait, and how long.
 *
 * Of the last 24 flushes it knows what they took, how many records were there
 * when each could have begun, and what came while it ran. A wait would have
 * spared each record that it caught the flush before its own, and made each
 * record in the log later by what was waited (that product is, by Little's law,
 * what a wait costs in all latencies together). Every four flushes it takes the
 * rung of its ladder and the wait that would have gained most: one for batches
 * whose first record found the log idle, one for those that gathered during a
 * flush. Such a batch waits if it is below the rung; at the rung it goes at
 * once. Where nothing would have gained 2 % of all latency, nothing waits.
 *
 * So it is leader commit at first, for a lone writer, and nearly so for records
 * that come independently of each other, where no wait pays: there it is up to
 * 3 % slower. It waits where callers who were acknowledged together come back
 * one by one, and where bursts are spread: mean latency is then up to 40 % below
 * leader commit's, with half the syncs. It waits for two flushes at most, of the
 * median's length. Simulated mean latencies are within 5 % of the best fixed
 * window's, but where
 *
 * - the load has a period of 1 to 1.5 flushes: a fixed window may lock onto it
 *   and be up to 35 % better;
 * - bursts last nearly as long as a flush, or longer: one may be 5 to 10 %
 *   better;
 * - flushes vary or drift: within 10 %, on average over runs;
 * - flushes of 128 records do not keep up: give it a longer ladder.
 *
 * In a few such loads it is up to 10 % slower than leader commit; a test names
 * the worst. Behind a change of callers or device it takes up to 20 flushes.
 *
 * To choose takes a core some 20 us for each flush, so it is not for devices
 * whose syncs take as little.
 *
 * The ladder's last rung caps each batch, so a burst of 1000 records in one
 * turn is seven flushes of 128 and one of 104. A wait is as exact as in
 * {@linkcode LeaderCommitPolicy}.
 *
 * Sources: PostgreSQL's `commit_delay`, whose documentation advises half of
 * what a flush takes, and `commit_siblings`, which this policy measures; the
 * control limits of Deb and Serfozo, "Optimal control of batch service queues"
 * (1973), which are the rungs; group commit timers (Helland and others, 1987).
 *
 * @example Callers whose acks come together, and who come back within 0.3 ms
 * ```ts
 * import { AdaptivePolicy, LeaderCommitPolicy } from "@syncline/wal/policies";
 * import { constantCosts, simulate, thinkingCallers } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const loop = thinkingCallers({ callers: 8, appends: 1000, thinkMs: 0.1 });
 * const costs = constantCosts({ syncMs: 2 });
 * const leader = simulate(new LeaderCommitPolicy(), loop, costs);
 * const adaptive = simulate(new AdaptivePolicy(), loop, costs);
 * assert.ok(adaptive.meanMs < 0.7 * leader.meanMs);
 * assert.ok(adaptive.flushes < 0.6 * leader.flushes);
 * ```
 */
export class AdaptivePolicy implements BatchPolicy {
  /** The cap on records: the ladder's last rung. */
  readonly limits: BatchLimits;
  readonly #ladder: readonly number[];
  readonly #targetLatencyMs: number;
  readonly #seen = new ArrivalsSeen();
  readonly #recent = new RecentOccasions();
  #longestMs = 0;
  /** What the target leaves for waiting. */
  #spareMs = Infinity;
  #whenIdle = NO_WAIT;
  #whenBusy = NO_WAIT;
  #flushes = 0;

  /** Throws `RangeError` or `TypeError` where an option is out of bounds. */
  constructor(options: AdaptivePolicyOptions = {}) {
    requireOptions("make AdaptivePolicy", options, [
      "ladder",
      "targetLatencyMs",
    ]);
    const { ladder = LADDER, targetLatencyMs } = options;
    this.#ladder = requireLadder(ladder);
    this.limits = { records: this.#ladder.at(-1) };
    this.#targetLatencyMs = targetLatencyMs === undefined
      ? Infinity
      : requireAmount(
        "make AdaptivePolicy",
        "targetLatencyMs",
        targetLatencyMs,
      );
  }

  /** At once from the rung on, else when the batch has waited. */
  due(batch: PendingBatch): number {
    this.#seen.note(batch);
    const { records, oldestAt } = batch;
    const { busyUntil } = this.#recent;
    const isBusy = oldestAt <= busyUntil;
    const { rung, from, ms } = isBusy ? this.#whenBusy : this.#whenIdle;
    if (records >= rung) return oldestAt;
    const start = isBusy && from === "ready" ? busyUntil : oldestAt;
    const due = start + Math.min(ms, this.#longestMs);
    return Math.min(due, oldestAt + this.#spareMs);
  }

  /** Learns what the flush cost, and who came while it and its batch waited. */
  observe(flush: FlushReport): void {
    this.#recent.add(flush, this.#seen.take(flush));
    if (++this.#flushes % FLUSHES_A_PLAN > 0) return;
    const { flushMs } = this.#recent;
    this.#longestMs = MOST_FLUSHES * flushMs;
    this.#spareMs = Math.max(0, this.#targetLatencyMs - flushMs);
    this.#whenIdle = this.#plan(false);
    this.#whenBusy = this.#plan(true);
  }

  #plan(isBusy: boolean): Wait {
    const wait = chooseWait(this.#recent.occasions(isBusy), this.#ladder);
    return { ...wait, ms: wait.ms * SLACK };
  }
}

function requireLadder(ladder: unknown): readonly number[] {
  const rises = Array.isArray(ladder) && ladder.length > 0 &&
    ladder.every((rung, index) =>
      Number.isSafeInteger(rung) && rung > (index > 0 ? ladder[index - 1] : 1)
    );
  if (rises) return [...ladder];
  const rule = "an array of rising integers of at least 2";
  const isArray = Array.isArray(ladder);
  throw argumentError("make AdaptivePolicy", "ladder", rule, ladder, isArray);
}
