import type { Clock } from "./clock.ts";

/** Beyond this, timers fire at once; the writer asks again when one fires. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The runtime's own time. A turn ends in `setImmediate`, about 2 us away where
 * `setTimeout(0)` is 1 ms away. For the same reason a delay below 1 ms is
 * waited for turn by turn, which keeps one core busy that long.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  endOfTurn(callback) {
    setImmediate(callback);
  },
  after(delayMs, callback) {
    if (delayMs < 1) return afterTurns(performance.now() + delayMs, callback);
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

function afterTurns(instant: number, callback: () => void): () => void {
  let turn = setImmediate(function check() {
    if (performance.now() >= instant) callback();
    else turn = setImmediate(check);
  });
  return () => clearImmediate(turn);
}
