/**
 * A simulator: what a log would do under a policy, in virtual time. It makes the
 * same flushes as the writer would, uses no runtime API, and takes seconds for
 * millions of appends. Use it to compare policies on your load before you change
 * one.
 *
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
 * - {@linkcode simulate} runs a policy, and returns a {@linkcode Simulation} with
 *   latencies and flushes.
 * - {@linkcode poissonArrivals}, {@linkcode burstyArrivals} and others make a
 *   load; {@linkcode constantCosts} and {@linkcode sampledCosts} make a device.
 * - {@linkcode loadTrace} takes both from a trace of a running log.
 *
 * **Limits.** It models inline flushes, without the time that the program itself
 * takes, and a device whose costs do not depend on each other. Trust its order of
 * policies more than its milliseconds.
 *
 * **Read next:** [Policies](https://github.com/syncline/wal/blob/main/docs/policies.md), whose plots it draws, and
 * [Traces](https://github.com/syncline/wal/blob/main/docs/trace.md) on how far to trust a replay.
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
