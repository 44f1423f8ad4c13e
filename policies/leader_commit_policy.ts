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
   * How many siblings, in addition to the leader, must have been seen for it to
   * wait at all, an integer of at least 1. Default 1.
   */
  minSiblings?: number | undefined;
  /**
   * Maximum records per flush, an integer of at least 1. Default: unlimited.
   */
  maxRecords?: number | undefined;
}

/**
 * The first waiter leads: its flush starts at once and includes everything that
 * arrived in the same turn. While it syncs, the next group forms by itself. The
 * default policy.
 *
 * With a `windowMs`, the leader waits that long for siblings, but only if some
 * have been seen: if its batch, or the flush before it, held at least
 * `minSiblings` records in addition to the leader's. A lone writer never waits.
 *
 * Without a window, a slow trickle of callers, each in a different event-loop
 * turn, makes one flush per caller until flushes overlap. Where a sync costs
 * more than a few ms, a window of about half that time saves syncs. The window
 * counts from the oldest record, so it has no effect if that record arrived
 * early in the flush before, as on a busy log. `AdaptivePolicy` finds out by
 * itself whether waiting pays.
 *
 * A window is accurate to one turn. Timers count whole ms and fire one or two
 * ms late, so the log waits turn by turn for a window below 2 ms, and for the
 * last 2 ms of a window below 10 ms. A window of 0.3 ms takes 0.3 ms, and keeps
 * a core busy for that long.
 *
 * Sources: leader and followers in LevelDB's `BuildBatchGroup`; the window and
 * its gate are PostgreSQL's `commit_delay` and `commit_siblings`, except that
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

  /** Throws `RangeError` or `TypeError` if an option is invalid. */
  constructor(options: LeaderCommitPolicyOptions = {}) {
    const action = "create a LeaderCommitPolicy";
    requireOptions(action, options, ["windowMs", "minSiblings", "maxRecords"]);
    const { windowMs = 0, minSiblings = 1, maxRecords } = options;
    this.#windowMs = requireAmount(action, "windowMs", windowMs);
    this.#minSiblings = requireInteger(action, "minSiblings", minSiblings);
    this.limits = maxRecords === undefined
      ? {}
      : { records: requireInteger(action, "maxRecords", maxRecords) };
  }

  /** At once for a lone writer, otherwise a window after the first record. */
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
