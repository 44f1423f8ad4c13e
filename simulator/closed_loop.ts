import type { Arrival } from "./arrival.ts";

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
