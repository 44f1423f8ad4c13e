/**
 * Policies: when a batch is flushed and how large it may grow. If unsure, keep the
 * default. A policy decides about speed only: it cannot lose, reorder or
 * acknowledge a record too early.
 *
 * ```ts
 * import { AgePolicy, anyOf, BytesPolicy } from "@syncline/wal/policies";
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * // Flush at 4 KiB, or when the oldest record has waited 2 ms.
 * const policy = anyOf(
 *   new BytesPolicy({ bytes: 4096 }),
 *   new AgePolicy({ ms: 2 }),
 * );
 * assert.deepEqual(policy.limits, { bytes: 4096 });
 * const wal = await Wal.open(new MemoryStorage(), { policy });
 * await wal.append("waits up to 2 ms for others");
 * await wal.close();
 * ```
 *
 * - {@linkcode LeaderCommitPolicy}, the default: flushes at once, and what arrives
 *   meanwhile shares the next flush.
 * - {@linkcode AdaptivePolicy}: waits a little where it has learned that waiting
 *   pays, for slow syncs.
 * - {@linkcode CountPolicy}, {@linkcode BytesPolicy}, {@linkcode AgePolicy}: fixed
 *   limits; {@linkcode anyOf} combines them.
 * - {@linkcode parsePolicy}: a policy from a word, such as `leader:2`.
 * - {@linkcode BatchPolicy}: the interface, to write your own.
 *
 * **Limits.** A policy object may learn, so each log needs its own. A policy that
 * never answers holds records until `flush` or `close`. Delays below 2 ms keep a
 * core busy.
 *
 * **Read next:** [Policies](https://github.com/syncline/wal/blob/main/docs/policies.md), with a table to pick one in a
 * minute, and [Writing a policy](https://github.com/syncline/wal/blob/main/docs/custom-policies.md).
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
