/**
 * A simulator: what a log would do under a policy, in virtual time. It imports
 * nothing of any runtime, and takes seconds for millions of appends.
 *
 * @example
 * ```ts
 * import { AgePolicy, LeaderCommitPolicy } from "@syncline/wal/policies";
 * import { constantCosts, poissonArrivals, simulate } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const arrivals = poissonArrivals({ count: 10_000, perSecond: 1000 });
 * const costs = constantCosts({ syncMs: 4 });
 * const leader = simulate(new LeaderCommitPolicy(), arrivals, costs);
 * const aged = simulate(new AgePolicy({ ms: 4 }), arrivals, costs);
 * assert.ok(leader.quantileMs(0.99) < aged.quantileMs(0.99));
 * assert.ok(leader.flushesPerSecond > aged.flushesPerSecond);
 * ```
 *
 * @module
 */
export * from "./arrival.ts";
export * from "./bursty_arrivals.ts";
export * from "./closed_loop.ts";
export * from "./constant_costs.ts";
export * from "./cost_model.ts";
export * from "./drifting_costs.ts";
export * from "./on_off_arrivals.ts";
export * from "./poisson_arrivals.ts";
export * from "./ramp_arrivals.ts";
export * from "./simulate.ts";
export * from "./simulation.ts";
export * from "./steady_arrivals.ts";
export * from "./thinking_callers.ts";
