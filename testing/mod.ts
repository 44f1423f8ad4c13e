/**
 * A kit for testing what is built on a log: it tries every state that a crash can
 * leave, holds policies and storages to their rules, and has a controllable clock.
 * The library itself is tested with it. It needs no particular test runner.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { explore } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * const { states } = await explore<string>(
 *   async ({ storage, clock, note }) => { // what your program does
 *     const wal = await Wal.open(storage, { clock });
 *     await wal.append("order 17");
 *     note("order 17"); // from here on, it must survive
 *   },
 *   async ({ storage, clock, facts }) => { // what must be true after a crash
 *     const wal = await Wal.open(storage, { clock });
 *     assert((await wal.flush()) >= facts.length, "an order is lost");
 *   },
 * );
 * assert(states > 10);
 * ```
 *
 * - {@linkcode explore} crashes a program at every instant; an
 *   {@linkcode ExplorationError} has the line that replays a failure.
 * - {@linkcode walWorkload}, {@linkcode walCheck} and {@linkcode walSteps}: the
 *   same for a log with your policy or options, ready-made.
 * - {@linkcode policyLaws}, {@linkcode storageContract} and
 *   {@linkcode frameLogLaws}: tests for your own implementations.
 * - {@linkcode VirtualClock}: time that passes when asked.
 *
 * **Limits.** It explores a `MemoryStorage`, whose fault model says what a crash
 * may do; a device that lies about syncs is not part of it. Programs must behave
 * the same in every run. It imports `node:assert/strict`.
 *
 * **Read next:** [Testing](https://github.com/syncline/wal/blob/main/docs/testing.md),
 * and [Durability](https://github.com/syncline/wal/blob/main/docs/durability.md) on how the library is tested.
 *
 * @module
 */
export * from "./contract/object_store_contract.ts";
export * from "./contract/storage_contract.ts";
export { type StoragePlace } from "./contract/storage_under_test.ts";
export { ExplorationError } from "./explore/describe_failure.ts";
export type { ExploreReport } from "./explore/exploration.ts";
export * from "./explore/explore.ts";
export type { Life, LifeBody } from "./explore/recording.ts";
export * from "./laws/frame_log_laws.ts";
export type { FrameLogPlace } from "./laws/frame_log_under_test.ts";
export { policyLaws, type PolicyLawsOptions } from "./laws/policy_laws.ts";
export * from "./virtual_clock.ts";
export * from "./wal/wal_check.ts";
export type { WalFact } from "./wal/wal_history.ts";
export * from "./wal/wal_steps.ts";
export type { MakeWalOptions } from "./wal/wal_user.ts";
export * from "./wal/wal_workload.ts";
export * from "./wal/with_readers.ts";
