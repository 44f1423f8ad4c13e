/**
 * A simulator: what a log would do under a policy, in virtual time. It uses no
 * runtime API, and takes seconds for millions of appends.
 *
 * @example
 * ```ts
 * import { AgePolicy, LeaderCommitPolicy } from "@syncline/wal/policies";
 * import {
 *   constantCosts,
 *   poissonArrivals,
 *   simulate,
 * } from "@syncline/wal/simulator";
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
export {
  type Arrival,
  type ArrivalsOptions,
  burstyArrivals,
  type BurstyArrivalsOptions,
  type Links,
  onOffArrivals,
  type OnOffArrivalsOptions,
  poissonArrivals,
  type PoissonArrivalsOptions,
  rampArrivals,
  type RampArrivalsOptions,
  type RecordedArrivals,
  steadyArrivals,
} from "./arrivals.ts";
export * from "./callers.ts";
export * from "./costs.ts";
export { loadTrace, type Trace } from "./load_trace.ts";
export * from "./recorded_run.ts";
export { sampledCosts, sampledTurns, type TurnCost } from "./sampled_costs.ts";
export type { SettingsChange } from "./_run.ts";
export * from "./simulate.ts";
export type { Simulation } from "./simulation.ts";
