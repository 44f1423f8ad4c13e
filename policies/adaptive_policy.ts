import { argumentError, requireAmount, requireOptions } from "../argument.ts";
import { ArrivalsSeen } from "./_arrivals_seen.ts";
import { chooseWait, NO_WAIT, type Wait } from "./_choose_wait.ts";
import { RecentOccasions } from "./_recent_occasions.ts";
import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";

/** Options of {@linkcode AdaptivePolicy}. */
export interface AdaptivePolicyOptions {
  /**
   * Batch sizes to choose from, in records: ascending integers of at least 2. A
   * batch that has reached the chosen size does not wait; the last size caps
   * every batch. Default 2, 4, 8, 16, 32, 64, 128.
   */
  ladder?: readonly number[] | undefined;
  /**
   * Maximum for a record's wait plus the median flush, in ms, at least 0; a
   * longer wait is cut short. Default: unlimited.
   */
  targetLatencyMs?: number | undefined;
}

const LADDER = [2, 4, 8, 16, 32, 64, 128];

/** Flushes between two plans. */
const FLUSHES_A_PLAN = 4;

/** A wait that ends exactly at the last arrival would miss it half the time. */
const SLACK = 1.05;

/** The longest wait, in flushes. */
const MOST_FLUSHES = 2;

/**
 * Waits only when waiting is expected to pay: learns from the log's traffic and
 * device how many records to wait for, and how long.
 *
 * For the last 24 flushes, it knows how long each took, how many records were
 * ready when it could have begun, and how many arrived while it ran. A wait
 * would have spared each record that it caught the flush before its own, and
 * would have delayed each record in the log by the time waited (by Little's
 * law, that product is what a wait costs in all latencies together). Every four
 * flushes, it chooses the rung of its ladder and the wait that would have
 * gained most: one pair for batches whose first record found the log idle, and
 * one for batches that gathered during a flush. Such a batch waits while it is
 * below the rung, and is flushed at once when it reaches it. If nothing would
 * have gained 2 % of all latency, nothing waits.
 *
 * It therefore behaves like leader commit at first and with a lone writer, and
 * almost like it for independent arrivals: no wait pays there, and it is up to
 * 3 % slower.
 * It waits where callers that were acknowledged together return one by one, and
 * where bursts are spread out: mean latency is then up to 40 % lower than with
 * leader commit, with half the syncs. It waits for at most two median flushes.
 * In simulations, mean latency is within 5 % of the best fixed window, except
 * where
 *
 * - the load has a period of 1 to 1.5 flushes: a fixed window can lock onto it
 *   and be up to 35 % better;
 * - bursts last nearly as long as a flush, or longer: a fixed window can be 5
 *   to 10 % better;
 * - flush times vary or drift: within 10 %, on average over runs;
 * - flushes of 128 records cannot keep up: give it a longer ladder.
 *
 * In a few such loads it is up to 10 % slower than leader commit; a test names
 * the worst. After a change of callers or device, it takes up to 20 flushes to
 * adapt.
 *
 * Choosing costs about 20 us of CPU time per flush, so this policy does not
 * suit devices whose syncs take no longer than that.
 *
 * The ladder's last rung caps each batch, so a burst of 1000 records in one
 * turn becomes seven flushes of 128 and one of 104. A wait is as precise as in
 * {@linkcode LeaderCommitPolicy}.
 *
 * Sources: PostgreSQL's `commit_delay`, whose documentation advises half the
 * duration of a flush, and `commit_siblings`, which this policy measures; the
 * control limits of Deb and Serfozo, "Optimal control of batch service queues"
 * (1973), which are the rungs; group commit timers (Helland and others, 1987).
 *
 * @example Callers acknowledged together, most of which return within 0.3 ms
 * ```ts
 * import { AdaptivePolicy, LeaderCommitPolicy } from "@syncline/wal/policies";
 * import {
 *   constantCosts,
 *   simulate,
 *   thinkingCallers,
 * } from "@syncline/wal/simulator";
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
  /** The time that the target leaves for waiting. */
  #spareMs = Infinity;
  #whenIdle = NO_WAIT;
  #whenBusy = NO_WAIT;
  #flushes = 0;

  /** Throws `RangeError` or `TypeError` if an option is invalid. */
  constructor(options: AdaptivePolicyOptions = {}) {
    requireOptions("create an AdaptivePolicy", options, [
      "ladder",
      "targetLatencyMs",
    ]);
    const { ladder = LADDER, targetLatencyMs } = options;
    this.#ladder = requireLadder(ladder);
    this.limits = { records: this.#ladder.at(-1) };
    this.#targetLatencyMs = targetLatencyMs === undefined
      ? Infinity
      : requireAmount(
        "create an AdaptivePolicy",
        "targetLatencyMs",
        targetLatencyMs,
      );
  }

  /** At once from the rung on, otherwise once the batch has waited. */
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

  /** Learns what the flush cost and what arrived before and during it. */
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
  const rule = "an array of ascending integers of at least 2";
  const isArray = Array.isArray(ladder);
  throw argumentError(
    "create an AdaptivePolicy",
    "ladder",
    rule,
    ladder,
    isArray,
  );
}
