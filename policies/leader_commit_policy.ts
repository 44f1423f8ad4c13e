import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";
import {
  requireDuration,
  requireOptions,
  requirePositiveInteger,
} from "./_require.ts";

/** Options of {@linkcode LeaderCommitPolicy}. */
export interface LeaderCommitPolicyOptions {
  /** How long a leader waits for siblings, in ms, at least 0. Default 0. */
  windowMs?: number;
  /** Most records per flush, an integer of at least 1. Default: unlimited. */
  maxRecords?: number;
}

/**
 * The first waiter leads: its flush starts at once and takes along all that
 * came in the same turn; while it syncs, the next group forms by itself. The
 * default policy.
 *
 * With a `windowMs` the leader waits that long for siblings, but only when
 * siblings are seen: when its batch, or the flush before it, held more than
 * one record. A lone writer never waits.
 *
 * Without a window a slow trickle of callers, each in a turn of its own, makes
 * one flush each until flushes overlap. Where a sync costs more than a few ms,
 * a window of about half a sync's cost saves syncs.
 *
 * Sources: leader and followers in LevelDB's `BuildBatchGroup`; the window and
 * its gate are PostgreSQL's `commit_delay` and `commit_siblings`.
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
  #lastRecords = 1;

  /** Throws `RangeError` or `TypeError` where an option is out of bounds. */
  constructor(options: LeaderCommitPolicyOptions = {}) {
    requireOptions("LeaderCommitPolicy", options);
    const { windowMs = 0, maxRecords } = options;
    this.#windowMs = requireDuration("LeaderCommitPolicy windowMs", windowMs);
    this.limits = maxRecords === undefined ? {} : {
      records: requirePositiveInteger(
        "LeaderCommitPolicy maxRecords",
        maxRecords,
      ),
    };
  }

  /** At once for a lone writer, else the window after the first record. */
  due(batch: PendingBatch): number {
    const siblings = batch.records > 1 || this.#lastRecords > 1;
    return siblings ? batch.oldestAt + this.#windowMs : batch.oldestAt;
  }

  /** Remembers whether the last flush had siblings. */
  observe(flush: FlushReport): void {
    this.#lastRecords = flush.records;
  }
}
