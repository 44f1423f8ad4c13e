import {
  argumentError,
  requireAmount,
  requireOptions,
  requirePositive,
} from "../argument.ts";
import { ArrivalsSeen } from "./_arrivals_seen.ts";
import { CostGoal } from "./_cost_goal.ts";
import type { Goal } from "./_goal.ts";
import { LatencyGoal } from "./_latency_goal.ts";
import { P99Goal } from "./_p99_goal.ts";
import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";

/**
 * What an {@linkcode AdaptivePolicy} aims at:
 *
 * - `"latency"`: the lowest mean latency;
 * - `{ p99Ms }`: the fewest flushes that keep 99 % of the latencies within
 *   `p99Ms`, a number of ms above 0. Where flushes alone take longer, nothing
 *   waits, and the bound is not kept;
 * - `{ perFlush, perRecordMs }`: the lowest sum of what flushes cost, at
 *   `perFlush` each, and of what waiting costs, at `perRecordMs` for each ms of
 *   each record's latency. Both are in the same money, the first at least 0 and
 *   the second above 0.
 */
export type AdaptiveGoal =
  | "latency"
  | { readonly p99Ms: number }
  | { readonly perFlush: number; readonly perRecordMs: number };

/** Options of {@linkcode AdaptivePolicy}. */
export interface AdaptivePolicyOptions {
  /** What to aim at. Default `"latency"`. */
  goal?: AdaptiveGoal | undefined;
  /**
   * Batch sizes to choose from, in records: ascending integers of at least 2. A
   * batch that has reached the chosen size does not wait for the mean latency.
   * The last size caps every batch, whatever the goal. Default: 2, 4, 8, 16,
   * 32, 64, 128. Under a persistent backlog, and under the other goals, only the
   * limit of 4 MiB caps batches.
   */
  ladder?: readonly number[] | undefined;
}

const ACTION = "create an AdaptivePolicy";

const LADDER = [2, 4, 8, 16, 32, 64, 128];

/** Sizes to choose from while there is no cap. */
const RAISED = [...LADDER, 256, 512, 1024, 2048, 4096];

/**
 * Waits only when waiting is expected to pay: learns from the log's traffic and
 * device how many records to wait for, and how long.
 *
 * For the last flushes, it knows how long each took, how many records were
 * ready when it could have begun, and how many arrived while it ran. A wait
 * would have spared each record that it caught the flush before its own, and
 * would have delayed each record in the log by the time waited (by Little's
 * law, that product is what a wait costs in all latencies together). Every four
 * flushes, it chooses the rung of its ladder and the wait that would have
 * gained most: one pair for batches whose first record found the log idle, and
 * one for batches that gathered during a flush. Such a batch waits while it is
 * below the rung, and is flushed at once when it reaches it. If nothing would
 * have gained 2 % of all latency, nothing waits. Where flushes take very
 * different times, it also keeps a pace: after a quick flush, a batch waits
 * until as many records wait as do on average.
 *
 * It therefore behaves like leader commit at first and with a lone writer, and
 * almost like it for independent arrivals on a steady device: no wait pays
 * there, and it is up to 3 % slower. It waits where callers that were
 * acknowledged together return one by one, where bursts are spread out, and
 * where some flushes are much slower than others: mean latency is then up to
 * 40 % lower than with leader commit, with half the syncs. It waits for at most
 * two median flushes, except for the pace, and no longer than keeps p99 within
 * about a tenth of leader commit's. `bench:regret` compares it with fixed
 * policies chosen in hindsight; docs/policies.md has the figures and the worst
 * cases. After a change of callers or device, it takes up to 20 flushes to
 * adapt, or a few seconds if flushes are rare.
 *
 * With another `goal`, it learns how long to let batches wait for that: see
 * {@linkcode AdaptiveGoal}. A lone caller that awaits each record then waits,
 * too, unless waiting for others does not pay by that goal.
 *
 * The default ladder's last rung caps each batch, so a burst of 1000 records in
 * one turn becomes seven flushes of 128 and one of 104. A backlog that persists,
 * because records keep arriving while full batches wait, removes that cap, so
 * that it never limits the rate; after 256 flushes in a row of at most 128
 * records it is back. A wait is as precise as in `LeaderCommitPolicy`.
 *
 * It costs up to 5 us of CPU time per flush with 128 callers, and 8 us with a
 * price. Each log needs its own instance.
 *
 * Throws `TypeError` or `RangeError` if an option is invalid.
 *
 * Sources: PostgreSQL's `commit_delay`, whose documentation advises half the
 * duration of a flush, and `commit_siblings`, which this policy measures; the
 * control limits of Deb and Serfozo, "Optimal control of batch service queues"
 * (1973), which are the rungs and the pace; group commit timers (Helland and
 * others, 1987).
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
 *
 * @example As few flushes as keep 99 in 100 acks within 50 ms
 * ```ts
 * import { AdaptivePolicy } from "@syncline/wal/policies";
 * import { constantCosts, poissonArrivals, simulate } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const policy = new AdaptivePolicy({ goal: { p99Ms: 50 } });
 * const arrivals = poissonArrivals({ count: 10_000, perSecond: 1000 });
 * const run = simulate(policy, arrivals, constantCosts({ syncMs: 8 }));
 * assert.ok(run.quantileMs(0.99) <= 50);
 * assert.ok(run.flushesPerSecond < 30);
 * ```
 */
export class AdaptivePolicy implements BatchPolicy {
  readonly #seen = new ArrivalsSeen();
  readonly #goal: Goal;
  readonly #cap: Cap;

  /** Throws `RangeError` or `TypeError` if an option is invalid. */
  constructor(options: AdaptivePolicyOptions = {}) {
    requireOptions(ACTION, options, ["goal", "ladder"]);
    const { goal = "latency" } = options;
    const ladder = options.ladder === undefined
      ? undefined
      : requireLadder(options.ladder);
    this.#goal = makeGoal(goal, ladder ?? RAISED);
    this.#cap = new Cap(ladder?.at(-1), goal === "latency");
  }

  /** The cap on records, if there is one now. */
  get limits(): BatchLimits {
    return this.#cap.limits;
  }

  /** When the batch has waited as long as pays, as far as is known. */
  due(batch: PendingBatch): number {
    this.#seen.note(batch);
    return this.#goal.due(batch);
  }

  /** Learns what the flush cost and what arrived before and during it. */
  observe(flush: FlushReport, queuedRecords: number): void {
    const groups = this.#seen.take(flush);
    this.#cap.observe(flush, queuedRecords, this.#seen.grew);
    const { records: most = Infinity } = this.#cap.limits;
    this.#goal.observe(flush, groups, this.#seen.ready, most);
  }
}

/** Flushes of few records in a row after which the default cap is back. */
const CALM_FLUSHES = 256;

/** The cap on records: fixed, or removed under a persistent backlog. */
class Cap {
  limits: BatchLimits;
  readonly #isFixed: boolean;
  readonly #whenCalm: BatchLimits;
  #queued = 0;
  #calm = 0;

  constructor(records: number | undefined, isForLatency: boolean) {
    this.#isFixed = records !== undefined || !isForLatency;
    this.#whenCalm = this.#isFixed && records === undefined
      ? {}
      : { records: records ?? LADDER.at(-1) };
    this.limits = this.#whenCalm;
  }

  /**
   * The cap is for bursts that come in one turn. It is in the way of batches
   * that grow turn by turn, and of records that come while such a burst waits.
   */
  observe(
    { reason, records }: FlushReport,
    queuedRecords: number,
    grew: boolean,
  ): void {
    const before = this.#queued;
    this.#queued = queuedRecords;
    if (this.#isFixed) return;
    const came = queuedRecords + records - before;
    const isInTheWay = reason === "limit" && (grew || before > 0 && came > 0);
    const isCalm = Math.max(records, queuedRecords) <= this.#whenCalm.records!;
    this.#calm = isCalm ? this.#calm + 1 : 0;
    if (isInTheWay) this.limits = {};
    else if (this.#calm >= CALM_FLUSHES) this.limits = this.#whenCalm;
  }
}

function makeGoal(goal: unknown, rungs: readonly number[]): Goal {
  if (goal === "latency") return new LatencyGoal(rungs);
  if (typeof goal !== "object" || goal === null) {
    const rule = `"latency" or an object`;
    throw argumentError(ACTION, "goal", rule, goal, false);
  }
  if ("p99Ms" in goal) {
    requireOptions(`${ACTION} with such a goal`, goal, ["p99Ms"]);
    return new P99Goal(requirePositive(ACTION, "goal.p99Ms", goal.p99Ms));
  }
  const known = ["perFlush", "perRecordMs"];
  requireOptions(`${ACTION} with such a goal`, goal, known);
  const { perFlush, perRecordMs } = goal as Record<string, unknown>;
  const price = requireAmount(ACTION, "goal.perFlush", perFlush) /
    requirePositive(ACTION, "goal.perRecordMs", perRecordMs);
  return new CostGoal(new LatencyGoal(rungs), price);
}

function requireLadder(ladder: unknown): readonly number[] {
  const rises = Array.isArray(ladder) && ladder.length > 0 &&
    ladder.every((rung, index) =>
      Number.isSafeInteger(rung) && rung > (index > 0 ? ladder[index - 1] : 1)
    );
  if (rises) return [...ladder];
  const rule = "an array of ascending integers of at least 2";
  const isArray = Array.isArray(ladder);
  throw argumentError(ACTION, "ladder", rule, ladder, isArray);
}
