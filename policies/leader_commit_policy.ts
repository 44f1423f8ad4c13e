import { requireAmount, requireInteger, requireOptions } from "../argument.ts";
import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";

/** Options of {@linkcode LeaderCommitPolicy}. */
export interface LeaderCommitPolicyOptions {
  /** How long a leader waits for siblings, in ms, at least 0. Default 0. */
  windowMs?: number | undefined;
  /**
   * How many siblings have to be seen, beside the leader, for it to wait at
   * all, an integer of at least 1. Default 1.
   */
  minSiblings?: number | undefined;
  /** Most records per flush, an integer of at least 1. Default: unlimited. */
  maxRecords?: number | undefined;
}

/**
 * The first waiter leads: its flush starts at once and takes along all that
 * came in the same turn; while it syncs, the next group forms by itself. The
 * default policy.
 *
 * With a `windowMs` the leader waits that long for siblings, but only when
 * siblings are seen: when its batch, or the flush before it, held `minSiblings`
 * records beside the leader's. A lone writer never waits.
 *
 * Without a window a slow trickle of callers, each in a turn of its own, makes
 * one flush each until flushes overlap. Where a sync costs more than a few ms,
 * a window of about half a sync's cost saves syncs. It counts from the oldest
 * record, so it does nothing where that one came early in the flush before, as
 * on a busy log. `AdaptivePolicy` finds out by itself whether waiting pays.
 *
 * A window is what it says, and a turn: timers count whole ms and are late by
 * one or two, so the log waits for one below 2 ms turn by turn, and so for the
 * last 2 ms of one below 10 ms. 0.3 ms become 0.3 ms, and keep a core busy that long.
 *
 * Sources: leader and followers in LevelDB's `BuildBatchGroup`; the window and
 * its gate are PostgreSQL's `commit_delay` and `commit_siblings`, but that the
 * siblings are those seen in batches: a log does not know its callers.
 *
 * @example
 * ```ts
 * import { LeaderCommitPolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * const policy = new LeaderCommitPolicy({ windowMs: 2 });
 * const alone = { records: 1, bytes: 30, oldestAt: 500, newestAt: 500 };
 * assert.deepEqual(policy.due(alone), 500);
 * assert.deepEqual(policy.due({ ...alone, records: 2 }), 502);
 * ```
 */
export class LeaderCommitPolicy implements BatchPolicy {
  /** The cap on records, if one was given. */
  readonly limits: BatchLimits;
  readonly #windowMs: number;
  readonly #minSiblings: number;
  #lastRecords = 1;

  /** Throws `RangeError` or `TypeError` where an option is out of bounds. */
  constructor(options: LeaderCommitPolicyOptions = {}) {
    requireOptions("make LeaderCommitPolicy", options, [
      "windowMs",
      "minSiblings",
      "maxRecords",
    ]);
    const { windowMs = 0, minSiblings = 1, maxRecords } = options;
    this.#windowMs = requireAmount(
      "make LeaderCommitPolicy",
      "windowMs",
      windowMs,
    );
    this.#minSiblings = requireInteger(
      "make LeaderCommitPolicy",
      "minSiblings",
      minSiblings,
    );
    this.limits = maxRecords === undefined ? {} : {
      records: requireInteger(
        "make LeaderCommitPolicy",
        "maxRecords",
        maxRecords,
      ),
    };
  }

  /** At once for a lone writer, else the window after the first record. */
  due(batch: PendingBatch): number {
    const siblings = Math.max(batch.records, this.#lastRecords) - 1;
    const windowMs = siblings < this.#minSiblings ? 0 : this.#windowMs;
    return batch.oldestAt + windowMs;
  }

  /** Remembers how many siblings the last flush had. */
  observe(flush: FlushReport): void {
    this.#lastRecords = flush.records;
  }
}
