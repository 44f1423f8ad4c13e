import { type Arrival, requireArrival } from "./arrivals.ts";
import type { ClosedLoop } from "./callers.ts";

/** Where a run's appends come from. */
export interface Source {
  /** When the next append arrives, in ms; `Infinity` if there is none. */
  readonly nextAt: number;
  /** The caller of the next append; 0 if nobody waits for its ack. */
  readonly nextCaller: number;
  /** Takes the next append. */
  take(): Arrival;
  /** Called when an append of a caller is durable. */
  acknowledged(caller: number, at: number): void;
}

/** Appends that arrive whatever the log does. */
export class OpenSource implements Source {
  readonly nextCaller = 0;
  readonly #arrivals: Iterator<Arrival>;
  #next: Arrival | undefined;
  nextAt = 0;

  constructor(arrivals: Iterable<Arrival>) {
    this.#arrivals = arrivals[Symbol.iterator]();
    this.#step();
  }

  take(): Arrival {
    const taken = this.#next!;
    this.#step();
    return taken;
  }

  acknowledged(): void {}

  #step(): void {
    const step = this.#arrivals.next();
    this.#next = step.done
      ? undefined
      : requireArrival(step.value, this.nextAt);
    this.nextAt = this.#next?.at ?? Infinity;
  }
}

interface Coming {
  readonly arrival: Arrival;
  readonly caller: number;
  /** Of two appends at one instant, the one that was ready first goes first. */
  readonly order: number;
}

/** Appends that each wait for the previous append of the same caller. */
export class ClosedSource implements Source {
  readonly #loop: ClosedLoop;
  readonly #counts: Float64Array;
  /** A binary heap: no append is earlier than its parent. */
  readonly #heap: Coming[] = [];
  #order = 0;

  constructor(loop: ClosedLoop) {
    this.#loop = loop;
    this.#counts = new Float64Array(loop.callers);
    for (let caller = 0; caller < loop.callers; caller++) {
      this.acknowledged(caller, 0);
    }
  }

  get nextAt(): number {
    return this.#heap.length > 0 ? this.#heap[0].arrival.at : Infinity;
  }

  get nextCaller(): number {
    return this.#heap[0].caller;
  }

  take(): Arrival {
    const [{ arrival }] = this.#heap;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last);
    return arrival;
  }

  acknowledged(caller: number, at: number): void {
    const arrival = this.#loop.next(caller, this.#counts[caller]++, at);
    if (arrival === undefined) return;
    requireArrival(arrival, at);
    this.#rise({ arrival, caller, order: this.#order++ });
  }

  #rise(coming: Coming): void {
    let index = this.#heap.length;
    while (index > 0) {
      const above = index - 1 >> 1;
      if (!isBefore(coming, this.#heap[above])) break;
      this.#heap[index] = this.#heap[above];
      index = above;
    }
    this.#heap[index] = coming;
  }

  #sink(coming: Coming): void {
    const heap = this.#heap;
    let index = 0;
    while (true) {
      let below = index * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) {
        below++;
      }
      if (!isBefore(heap[below], coming)) break;
      heap[index] = heap[below];
      index = below;
    }
    heap[index] = coming;
  }
}

function isBefore(one: Coming, other: Coming): boolean {
  const ms = one.arrival.at - other.arrival.at;
  return ms < 0 || ms === 0 && one.order < other.order;
}
