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
  /** The end that was seen last; none before the first. */
  #place: string | undefined;
  #sinceMs = 0;
  #notBeforeMs = 0;
  #fault: string | undefined;

  /**
   * What \`examine\` finds, or found last at the same place. The first end is
   * always examined, and so is one that is looked at \`again\` because of damage.
   */
  async judge(
    { segment, stop }: ObservedTail,
    examine: () => Promise<string | undefined>,
    again: boolean,
  ): Promise<string | undefined> {
    const now = performance.now();
    const isFirst = this.#place === undefined;
    const place = `${segment.name} ${stop?.offset}`;
    if (place !== this.#place) {
      this.#fault = undefined;
      this.#place = place;
      this.#sinceMs = now;
    }
    const isCheap = stop === undefined || stop.fault === "end";
    const isDue = now - this.#sinceMs >= PATIENCE_MS &&
      now >= this.#notBeforeMs;
    if (!isCheap && !isFirst && !isDue && !again) return this.#fault;
    this.#fault = await examine();
    const endMs = performance.now();
    this.#notBeforeMs = endMs + Math.max(PATIENCE_MS, SHARE * (endMs - now));
    return this.#fault;
  }
}
