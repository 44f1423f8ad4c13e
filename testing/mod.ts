/**
 * A kit for tests of what stands on a log: every state that a crash may leave,
 * laws for policies, a contract for storages, and a time that obeys.
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
export * from "./exploration_error.ts";
export * from "./explore.ts";
export * from "./life.ts";
export * from "./policy_laws.ts";
export * from "./register_test.ts";
export * from "./storage_contract.ts";
export * from "./virtual_clock.ts";
export * from "./wal_check.ts";
export * from "./wal_fact.ts";
export * from "./wal_step.ts";
export * from "./wal_steps.ts";
export * from "./wal_workload.ts";
