import { requireAmount, requireInteger } from "../argument.ts";
import { exponential, uniform } from "../random.ts";
import type { Arrival } from "./arrivals.ts";

/** Callers that each append, wait for the ack, think, and append again. */
export interface ClosedLoop {
  /** How many callers there are, an integer of at least 1. */
  readonly callers: number;
  /**
   * The next append of the caller `caller`, counted from 0, after `nth` others.
   * It arrives at `readyAt`, when that caller's last append became durable, or
   * later. `undefined` if the caller appends nothing more.
   */
  next(caller: number, nth: number, readyAt: number): Arrival | undefined;
}

/** Options of {@linkcode thinkingCallers}. */
export interface ThinkingCallersOptions {
  /** How many callers there are, an integer of at least 1. */
  callers: number;
  /** How often each appends, an integer of at least 1. */
  appends: number;
  /** Average ms from an ack to the caller's next append. Default 0. */
  thinkMs?: number | undefined;
  /**
   * Whether all callers think equally long, `"constant"`, or independently of
   * each other, `"exponential"` (the default).
   */
  thinking?: "constant" | "exponential" | undefined;
  /** Bytes of each record, at least 0. Default 100. */
  bytes?: number | undefined;
  /** Seed, an integer; the same one gives the same times. Default 1. */
  seed?: number | undefined;
}

/**
 * Callers that each append, wait for the ack, think, and append again. They
 * also think before their first append.
 *
 * The result can be used for several runs. Throws `TypeError` or `RangeError`
 * for bad options.
 *
 * @example
 * ```ts
 * import { LeaderCommitPolicy } from "@syncline/wal/policies";
 * import {
 *   constantCosts,
 *   simulate,
 *   thinkingCallers,
 * } from "@syncline/wal/simulator";
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
