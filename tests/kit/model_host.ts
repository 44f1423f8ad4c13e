import type { Host } from "../../writer/clock.ts";

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

/** How long a turn of the model takes. */
export const TURN_MS = 1 / 128;

/**
 * A runtime in which each turn takes its time, and whose timers count whole ms
 * and are late, like real ones.
 */
export class ModelHost implements Host<Pending, Pending> {
  /** Timers set so far. */
  timers = 0;
  /** Turns waited for so far. */
  turns = 0;
  readonly #lateMs: number;
  #time = 0;
  #waiting: Pending[] = [];

  /** One whose timers are late by `lateMs`. */
  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  now(): number {
    return this.#time;
  }

  setTimeout(callback: () => void, delayMs: number): Pending {
    this.timers++;
    const delay = Math.max(1, Math.trunc(delayMs)) + this.#lateMs;
    return this.#add(this.#time + delay, callback);
  }

  setImmediate(callback: () => void): Pending {
    this.turns++;
    return this.#add(this.#time + TURN_MS, callback);
  }

  clearTimeout(timer: Pending): void {
    this.#waiting = this.#waiting.filter((other) => other !== timer);
  }

  clearImmediate(turn: Pending): void {
    this.clearTimeout(turn);
  }

  /** Runs until nothing waits. */
  run(): void {
    while (this.#waiting.length > 0) {
      this.#waiting.sort((a, b) => a.at - b.at);
      const next = this.#waiting.shift()!;
      this.#time = next.at;
      next.callback();
    }
  }

  #add(at: number, callback: () => void): Pending {
    const pending = { at, callback };
    this.#waiting.push(pending);
    return pending;
  }
}
