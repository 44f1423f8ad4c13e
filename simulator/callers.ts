import { requireAmount, requireInteger } from "../argument.ts";
import type { Arrival } from "./arrivals.ts";
import { exponential, uniform } from "../random.ts";

/** Callers each of whom appends, waits for the ack, thinks, appends again. */
export interface ClosedLoop {
  /** How many there are, an integer of at least 1. */
  readonly callers: number;
  /**
   * The append of the caller `caller`, counted from 0, that follows on `nth`
   * others of its own; it comes at `readyAt`, when the last one was durable,
   * or later. `undefined` if it appends no more.
   */
  next(caller: number, nth: number, readyAt: number): Arrival | undefined;
}

/** Options of {@linkcode thinkingCallers}. */
export interface ThinkingCallersOptions {
  /** How many callers there are, an integer of at least 1. */
  callers: number;
  /** How often each appends, an integer of at least 1. */
  appends: number;
  /** Ms from an ack to the caller's next append on average. Default 0. */
  thinkMs?: number | undefined;
  /**
   * Whether all think equally long, `"constant"`, or independently of each
   * other, `"exponential"` (the default).
   */
  thinking?: "constant" | "exponential" | undefined;
  /** Bytes of each record, at least 0. Default 100. */
  bytes?: number | undefined;
  /** The same seed gives the same times, an integer. Default 1. */
  seed?: number | undefined;
}

/**
 * Callers each of whom appends, waits for its ack, thinks, and appends again;
 * they think before their first append, too. Can be used for several runs.
 *
 * Throws `TypeError` or `RangeError` for options out of bounds.
 *
 * @example
 * ```ts
 * import { LeaderCommitPolicy } from "@syncline/wal/policies";
 * import { constantCosts, simulate, thinkingCallers } from "@syncline/wal/simulator";
 * import assert from "node:assert/strict";
 *
 * const loop = thinkingCallers({ callers: 8, appends: 100 });
 * const costs = constantCosts({ syncMs: 5 });
 * const { flushes } = simulate(new LeaderCommitPolicy(), loop, costs);
 * assert.deepEqual(flushes, 100);
 * ```
 */
export function thinkingCallers(options: ThinkingCallersOptions): ClosedLoop {
  const { thinking = "exponential", bytes = 100, seed = 1 } = options;
  const callers = requireInteger(
    "simulate",
    "thinkingCallers callers",
    options.callers,
  );
  const appends = requireInteger(
    "simulate",
    "thinkingCallers appends",
    options.appends,
  );
  const thinkMs = requireAmount(
    "simulate",
    "thinkingCallers thinkMs",
    options.thinkMs ?? 0,
  );
  requireAmount("simulate", "thinkingCallers bytes", bytes);
  const timeOf = thinking === "constant"
    ? () => thinkMs
    : (caller: number, nth: number) =>
      exponential(uniform(seed, caller, nth), thinkMs);
  return {
    callers,
    next(caller, nth, readyAt) {
      if (nth === appends) return undefined;
      return { at: readyAt + timeOf(caller, nth), bytes };
    },
  };
}
