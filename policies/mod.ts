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
export * from "./adaptive_policy.ts";
export * from "./age_policy.ts";
export * from "./any_of.ts";
export * from "./batch_policy.ts";
export * from "./bytes_policy.ts";
export * from "./count_policy.ts";
export * from "./leader_commit_policy.ts";
export { parsePolicy } from "./parse_policy.ts";
