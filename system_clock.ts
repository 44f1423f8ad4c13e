import type { Clock } from "./clock.ts";

/** Of a runtime, what tells time and lets it pass. */
export interface Host<Timer, Turn> {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer): void;
  setImmediate(callback: () => void): Turn;
  clearImmediate(turn: Turn): void;
}

/** Beyond this, timers fire at once; the writer asks again when one fires. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Timers count whole ms, and `setTimeout(1)` takes 1.1 ms or, on Deno, 2.1. */
const TIMER_LATE_MS = 1;

/** What of a delay has passed when it is asked for, a turn behind its start. */
const TURN_MS = 0.1;

/** From here on it is less than a tenth if a timer is late. */
const LONG_MS = 10 * TIMER_LATE_MS;

/**
 * The runtime's own time. A turn ends in `setImmediate`, about 2 us away where
 * `setTimeout(0)` is 1 ms away.
 *
 * For the same reason a delay below 2 ms is waited for turn by turn, which
 * keeps one core busy that long: 0.3 ms become 0.3 ms and 1.3 ms become 1.3 ms,
 * and a turn. A timer for a delay of 2 to 10 ms is set a ms early, and the rest
 * waited for turn by turn. Longer delays are left to a timer.
 */
export const systemClock: Clock = clockOn({
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer),
  ...turns(),
});

/** Browsers have no `setImmediate`, but messages come as soon. */
function turns(): Pick<
  Host<unknown, unknown>,
  "setImmediate" | "clearImmediate"
> {
  if ("setImmediate" in globalThis) {
    return {
      setImmediate: (callback) => setImmediate(callback),
      clearImmediate: (turn) => clearImmediate(turn as never),
    };
  }
  return {
    setImmediate(callback) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        callback();
      };
      port2.postMessage(undefined);
      return port1;
    },
    clearImmediate: (turn) => (turn as MessagePort).close(),
  };
}

/** The time of a runtime; tests have one of their own. */
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
