import { mustBe, requireMethod } from "../argument.ts";
import type {
  BatchLimits,
  BatchPolicy,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";

/**
 * Flushes as soon as any of `policies` would: at the earliest due time or the
 * smallest limit.
 *
 * While no flush is in flight, a batch below the limits is flushed at once only
 * if *all* policies say `whenIdle: "flush"`. So count and bytes together keep
 * their behaviour, and combined with an age they become plain upper bounds: a
 * `CountPolicy` of 1000 records, a `BytesPolicy` of 1 MiB and an `AgePolicy` of
 * 10 ms flush at 1000 records, 1 MiB or 10 ms, whichever comes first.
 *
 * Every policy observes every flush, even if one of them throws; the first
 * error is rethrown afterwards.
 *
 * Throws `TypeError` if there are no arguments, or if one is not a policy.
 *
 * Source: the composite trigger of BookKeeper's journal.
 *
 * @example
 * ```ts
 * import { AgePolicy, anyOf, CountPolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * const policy = anyOf(
 *   new CountPolicy({ records: 1000 }),
 *   new AgePolicy({ ms: 10 }),
 * );
 * const batch = { records: 3, bytes: 90, oldestAt: 500, newestAt: 504 };
 * assert.deepEqual(policy.due(batch, 505), 510);
 * assert.deepEqual(policy.limits, { records: 1000 });
 * ```
 */
export function anyOf(...policies: BatchPolicy[]): BatchPolicy {
  if (policies.length === 0) {
    const rule = mustBe("its arguments", "policies", "none");
    throw new TypeError(`Cannot use anyOf because ${rule}`);
  }
  for (const policy of policies) {
    requireMethod("use anyOf", "each argument", policy, "due");
  }
  let limits = smallestLimits(policies);
  return {
    get limits() {
      return limits;
    },
    whenIdle: policies.every((policy) => policy.whenIdle === "flush")
      ? "flush"
      : "wait",
    due: (batch: PendingBatch, now: number) =>
      Math.min(...policies.map((policy) => policy.due(batch, now))),
    observe(flush: FlushReport, queuedRecords: number) {
      try {
        tellAll(policies, flush, queuedRecords);
      } finally {
        const now = smallestLimits(policies);
        const isSame = now.records === limits.records &&
          now.bytes === limits.bytes;
        if (!isSame) limits = now;
      }
    },
  };
}

/** A policy that throws must not keep the others from observing. */
function tellAll(
  policies: BatchPolicy[],
  flush: FlushReport,
  queuedRecords: number,
): void {
  const errors: unknown[] = [];
  for (const policy of policies) {
    try {
      policy.observe?.(flush, queuedRecords);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function smallestLimits(policies: BatchPolicy[]): BatchLimits {
  const smallest = (key: keyof BatchLimits) =>
    Math.min(...policies.map(({ limits }) => orUnlimited(limits?.[key])));
  const records = smallest("records");
  const bytes = smallest("bytes");
  return {
    ...(records < Infinity && { records }),
    ...(bytes < Infinity && { bytes }),
  };
}

/** A limit that is not a number must not undo another policy's limit. */
function orUnlimited(limit: number | undefined): number {
  return limit === undefined || Number.isNaN(limit) ? Infinity : limit;
}
