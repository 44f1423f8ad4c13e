/**
 * Policies: when a batch is flushed and how large it may grow.
 *
 * @example
 * ```ts
 * import { AgePolicy, anyOf, BytesPolicy } from "@syncline/wal/policies";
 * import assert from "node:assert/strict";
 *
 * const policy = anyOf(
 *   new BytesPolicy({ bytes: 4096 }),
 *   new AgePolicy({ ms: 2 }),
 * );
 * assert.deepEqual(policy.limits, { bytes: 4096 });
 * ```
 *
 * @module
 */
export {
  AdaptivePolicy,
  type AdaptivePolicyOptions,
} from "./adaptive_policy.ts";
export { AgePolicy, type AgePolicyOptions } from "./age_policy.ts";
export { anyOf } from "./any_of.ts";
export type {
  BatchLimits,
  BatchPolicy,
  FlushReason,
  FlushReport,
  PendingBatch,
} from "./batch_policy.ts";
export { BytesPolicy, type BytesPolicyOptions } from "./bytes_policy.ts";
export { CountPolicy, type CountPolicyOptions } from "./count_policy.ts";
export {
  LeaderCommitPolicy,
  type LeaderCommitPolicyOptions,
} from "./leader_commit_policy.ts";
export { parsePolicy } from "./parse_policy.ts";
