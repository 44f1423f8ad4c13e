import type { ObservedTail } from "./observed_tail.ts";

/** How long an end must look damaged before it is examined, in ms. */
const PATIENCE_MS = 100;

/** Examining an end takes at most one in so many parts of the time. */
const SHARE = 500;

/**
 * Decides when to examine what follows the last frame. It may be a frame that
 * is being written, zeros, or the remains of a reused segment, so it seldom
 * means anything, and examining it reads the rest of the segment.
 */
export class Suspicion {
  #isFirst = true;
  #offset = -1;
  #sinceMs = 0;
  #notBeforeMs = 0;
  #fault: string | undefined;

  /** What `examine` finds, or found last at the same place. */
  async judge(
    { stop }: ObservedTail,
    examine: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const now = performance.now();
    const offset = stop?.offset ?? -1;
    const isCheap = stop === undefined || stop.fault === "end";
    if (offset !== this.#offset) {
      this.#fault = undefined;
      this.#offset = offset;
      this.#sinceMs = now;
    }
    const isDue = now - this.#sinceMs >= PATIENCE_MS &&
      now >= this.#notBeforeMs;
    if (!isCheap && !isFirst && !isDue) return this.#fault;
    this.#fault = await examine();
    const endMs = performance.now();
    this.#notBeforeMs = endMs +
      Math.max(PATIENCE_MS, SHARE * (endMs - now));
    return this.#fault;
  }
}
