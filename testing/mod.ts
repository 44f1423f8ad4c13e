/**
 * A kit for testing what is built on a log: every state that a crash can leave,
 * laws for policies and for logs of frames, a contract for storages, and a
 * controllable clock.
 *
 * @example
 * ```ts
 * import { explore, walCheck, walWorkload } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * const workload = walWorkload([
 *   { do: "append", bytes: 10 },
 *   { do: "await" },
 *   { do: "append", bytes: 20, ack: "os" },
 * ]);
 * const { states } = await explore(workload, walCheck());
 * assert(states > 50);
 * ```
 *
 * @module
 */
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
