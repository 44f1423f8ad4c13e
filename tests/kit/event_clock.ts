import type { Clock } from "../../writer/clock.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock on which one thing happens at a time, when a test says so. */
export class EventClock implements Clock {
  /** Virtual time in ms. */
  time = 0;
  #ends: (() => void)[] = [];
  #timers: Timer[] = [];

  now(): number {
    return this.time;
  }

  endOfTurn(callback: () => void): void {
    this.#ends.push(callback);
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + Math.max(0, delayMs), callback };
    this.#timers.push(timer);
    return () => this.#drop(timer);
  }

  /** Calls back at an instant, before all timers that were set for it. */
  at(instant: number, callback: () => void): void {
    this.#timers.unshift({ at: instant, callback });
  }

  /** When the next timer fires, `Infinity` if none is set. */
  get nextAt(): number {
    return Math.min(...this.#timers.map(({ at }) => at));
  }

  /** Whether somebody waits for the end of the turn. */
  get isTurning(): boolean {
    return this.#ends.length > 0;
  }

  /** Lets time pass until the next timer, and fires it. */
  fire(): void {
    this.time = this.nextAt;
    const timer = this.#timers.find(({ at }) => at === this.time)!;
    this.#drop(timer);
    timer.callback();
  }

  /** Ends the turn. */
  endTurn(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #drop(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}
