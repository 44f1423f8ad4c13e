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
export * from "./virtual_clock.ts";
