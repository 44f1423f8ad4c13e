/**
 * A kit for tests of what stands on a log: time that obeys.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * const clock = new VirtualClock();
 * await clock.advance(5);
 * assert.deepEqual(clock.now(), 5);
 * ```
 *
 * @module
 */
export * from "./exploration_error.ts";
export * from "./explore.ts";
export * from "./life.ts";
export * from "./virtual_clock.ts";
export * from "./wal_check.ts";
export * from "./wal_fact.ts";
export * from "./wal_step.ts";
export * from "./wal_workload.ts";
export * from "./wal_steps.ts";
