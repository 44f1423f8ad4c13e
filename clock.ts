/**
 * The log's only way to time: real by default, virtual in tests and in the
 * simulator.
 */
export interface Clock {
  /** Milliseconds since some fixed instant; never goes back. */
  now(): number;
  /** Milliseconds since 1970, for the time of frames. Default: `Date.now`. */
  wallTime?(): number;
  /** Calls back once, when this turn's microtasks are done. */
  endOfTurn(callback: () => void): void;
  /** Calls back once after `delayMs`; the result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
