import type * as Timers from "node:timers";
import { builtin } from "../builtin.ts";
import { turnEnds } from "../storage/turns.ts";

/**
 * The log's only source of time: real by default, virtual in tests and in the
 * simulator.
 */
export interface Clock {
  /** Milliseconds since some fixed instant; never goes backwards. */
  now(): number;
  /** Milliseconds since 1970, for timestamps in frames. Default: `Date.now`. */
  wallTime?(): number;
  /** Calls back once, after this turn's microtasks. */
  endOfTurn(callback: () => void): void;
  /** Calls back once after `delayMs`; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /**
   * The same, but it does not keep the process alive, and may be late. Default:
   * `after`.
   */
  inBackground?(delayMs: number, callback: () => void): () => void;
}

/** The present time on a clock, in ms since 1970. */
export function wallTime(clock: Clock): number {
  return clock.wallTime?.() ?? Date.now();
}

/** The timing functions of a runtime. */
export interface Host<Timer, Turn> {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer): void;
  setImmediate(callback: () => void): Turn;
  clearImmediate(turn: Turn): void;
}

/** Longer timers fire at once; the writer asks again when one fires. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Timers count whole ms, and `setTimeout(1)` takes 1.1 ms, or 2.1 on Deno. */
const TIMER_LATE_MS = 1;

/** How much of a delay has passed when it is requested, a turn later. */
const TURN_MS = 0.1;

/** From here on, a late timer adds less than a tenth. */
const LONG_MS = 10 * TIMER_LATE_MS;

/**
 * The runtime's clock. A turn ends with `setImmediate`, which fires after about
 * 2 us; `setTimeout(0)` takes 1 ms.
 *
 * For the same reason, a delay below 2 ms is waited out turn by turn, which
 * keeps one core busy: 0.3 ms take 0.3 ms, and 1.3 ms take 1.3 ms, plus a turn.
 * For a delay of 2 to 10 ms, a timer is set 1 ms early and the rest is waited
 * out turn by turn. Longer delays use only a timer. With a flush thread, that
 * waits out short delays instead.
 */
export const systemClock: Clock = {
  ...clockOn({
    now: () => performance.now(),
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimeout: (timer) => clearTimeout(timer),
    setImmediate: turnEnds.setImmediate,
    clearImmediate: turnEnds.clearImmediate,
  }),
  inBackground(delayMs, callback) {
    // Only this timer is an object on Deno too, which can be released.
    const timers = builtin<typeof Timers>("node:timers") ?? globalThis;
    const timer = timers.setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
    (timer as { unref?(): void }).unref?.();
    return () => timers.clearTimeout(timer as never);
  },
};

/** A clock on the timing functions of a runtime; tests pass their own. */
export function clockOn<Timer, Turn>(host: Host<Timer, Turn>): Clock {
  return {
    now: () => host.now(),
    endOfTurn: (callback) => void host.setImmediate(callback),
    after(delayMs, callback) {
      if (delayMs + TURN_MS >= LONG_MS) {
        return afterTimer(host, delayMs, callback);
      }
      const instant = host.now() + delayMs;
      const timerMs = Math.floor(delayMs + TURN_MS) - TIMER_LATE_MS;
      if (timerMs < 1) return afterTurns(host, instant, callback);
      let cancel = afterTimer(host, timerMs, () => {
        cancel = afterTurns(host, instant, callback);
      });
      return () => cancel();
    },
  };
}

function afterTimer<Timer, Turn>(
  host: Host<Timer, Turn>,
  delayMs: number,
  callback: () => void,
): () => void {
  const timer = host.setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
  return () => host.clearTimeout(timer);
}

function afterTurns<Timer, Turn>(
  host: Host<Timer, Turn>,
  instant: number,
  callback: () => void,
): () => void {
  const check = () => {
    if (host.now() >= instant) callback();
    else turn = host.setImmediate(check);
  };
  let turn = host.setImmediate(check);
  return () => host.clearImmediate(turn);
}
