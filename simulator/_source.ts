import { Heap } from "../writer/heap.ts";
import { type Arrival, type Links, requireArrival } from "./arrivals.ts";
import type { ClosedLoop } from "./callers.ts";

/** Where a run's appends come from. */
export interface Source {
  /** When the next append arrives, in ms; `Infinity` if there is none. */
  readonly nextAt: number;
  /** The caller of the next append, as passed to `acknowledged`. */
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

/** Appends that each wait for the previous append of the same caller. */
export class ClosedSource implements Source {
  readonly #loop: ClosedLoop;
  readonly #counts: Float64Array;
  readonly #coming = new Heap(isBefore);
  #order = 0;

  constructor(loop: ClosedLoop) {
    this.#loop = loop;
    this.#counts = new Float64Array(loop.callers);
    for (let caller = 0; caller < loop.callers; caller++) {
      this.acknowledged(caller, 0);
    }
  }

  get nextAt(): number {
    return this.#coming.first?.arrival.at ?? Infinity;
  }

  get nextCaller(): number {
    return this.#coming.first!.caller;
  }

  take(): Arrival {
    return this.#coming.take()!.arrival;
  }

  acknowledged(caller: number, at: number): void {
    const arrival = this.#loop.next(caller, this.#counts[caller]++, at);
    if (arrival === undefined) return;
    requireArrival(arrival, at);
    this.#coming.put({ arrival, caller, order: this.#order++ });
  }
}

/**
 * Appends of a recording, of which some waited for the ack of an earlier one:
 * if that comes earlier or later than it did, so do they. Those that waited for
 * nothing keep their times. The caller is the number of the append.
 */
export class LinkedSource implements Source {
  readonly #arrivals: readonly Arrival[];
  readonly #ackedAt: ArrayLike<number>;
  /** For each append, the first of those that wait for its ack; or -1. */
  readonly #firstChild: Int32Array;
  /** For each append, the next one that waits for the same ack; or -1. */
  readonly #sibling: Int32Array;
  /** Appends that wait for nothing, in order; those from `#free` on follow. */
  readonly #alone: readonly number[];
  #free = 0;
  #nextAlone: Coming | undefined;
  readonly #released = new Heap(isBefore);

  constructor(arrivals: Iterable<Arrival>, { after, ackedAt }: Links) {
    this.#arrivals = [...arrivals];
    this.#ackedAt = ackedAt;
    const { length } = this.#arrivals;
    this.#firstChild = new Int32Array(length).fill(-1);
    this.#sibling = new Int32Array(length).fill(-1);
    const alone: number[] = [];
    for (let nth = length - 1; nth >= 0; nth--) {
      if (after[nth] > 0) {
        const parent = nth - after[nth];
        this.#sibling[nth] = this.#firstChild[parent];
        this.#firstChild[parent] = nth;
      } else alone.push(nth);
    }
    this.#alone = alone.reverse();
    this.#step();
  }

  get nextAt(): number {
    return this.#next()?.arrival.at ?? Infinity;
  }

  get nextCaller(): number {
    return this.#next()!.caller;
  }

  take(): Arrival {
    const next = this.#next()!;
    if (next === this.#released.first) this.#released.take();
    else this.#step();
    return next.arrival;
  }

  acknowledged(caller: number, at: number): void {
    // So that an ack at the recorded instant changes nothing, not even rounding.
    const shiftMs = at - this.#ackedAt[caller];
    for (let nth = this.#firstChild[caller]; nth >= 0;) {
      const recorded = this.#arrivals[nth];
      const arrival = { ...recorded, at: Math.max(at, recorded.at + shiftMs) };
      this.#released.put({ arrival, caller: nth, order: nth });
      nth = this.#sibling[nth];
    }
  }

  #next(): Coming | undefined {
    const released = this.#released.first;
    const alone = this.#nextAlone;
    if (released === undefined || alone === undefined) return released ?? alone;
    return isBefore(released, alone) ? released : alone;
  }

  #step(): void {
    const nth = this.#alone[this.#free++];
    this.#nextAlone = nth === undefined
      ? undefined
      : { arrival: this.#arrivals[nth], caller: nth, order: nth };
  }
}

interface Coming {
  readonly arrival: Arrival;
  readonly caller: number;
  /** Of two appends at one instant, the one with the lower order goes first. */
  readonly order: number;
}

function isBefore(one: Coming, other: Coming): boolean {
  const ms = one.arrival.at - other.arrival.at;
  return ms < 0 || ms === 0 && one.order < other.order;
}
