/** Where a {@linkcode RetryingStore} has its time from. A `Clock` is one. */
export interface RetryClock {
  /** Milliseconds since some fixed instant; never goes backwards. */
  now(): number;
  /** Calls back once after `delayMs`; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** How long to wait for the answer to a small request, in ms. */
export const TRY_MS = 5000;

/** The runtime's clock. */
export const systemClock: RetryClock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
