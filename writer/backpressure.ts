import { invariant } from "../invariant.ts";
import type { AppendRequest } from "./record.ts";

/** A linked list: a request and its copy are freed as soon as it is let in. */
export class Waiting {
  readonly request: AppendRequest;
  /** Counts up in the order of calls. */
  readonly order: number;
  /** Resolves once it has a place, with the LSN of its last record. */
  readonly ended: Promise<number>;
  /** Resolves it. */
  declare placed: (lsn: number) => void;
  /** Rejects it. */
  declare reject: (error: unknown) => void;
  /** Called with the LSN of its last record when it gets a place. */
  onPlaced: ((lsn: number) => void) | undefined;
  /** What to do when its turn comes, if it is a hold. */
  begin: (() => void) | undefined;
  hasBegun = false;
  /** Ends the wait for an abort. */
  unwatch: (() => void) | undefined;
  previous: Waiting | undefined;
  next: Waiting | undefined;

  constructor(request: AppendRequest, order: number) {
    this.request = request;
    this.order = order;
    this.ended = new Promise<number>((placed, reject) => {
      this.placed = placed;
      this.reject = reject;
    });
  }
}

/** Appends that found the queue full and wait in order for room. */
export class Backpressure {
  /** Records that wait. */
  records = 0;
  /** Their bytes, including their lengths. */
  bytes = 0;
  /** Calls that wait. */
  count = 0;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #order = 0;

  /** The append that is next, if any. */
  get first(): Waiting | undefined {
    return this.#first;
  }

  /** Adds a request to the end of the line. */
  wait(request: AppendRequest): Waiting {
    const waiting = new Waiting(request, this.#order++);
    waiting.previous = this.#last;
    if (this.#last === undefined) this.#first = waiting;
    else this.#last.next = waiting;
    this.#last = waiting;
    this.records += request.count;
    this.bytes += request.bytes;
    this.count++;
    return waiting;
  }

  /** Resolves once all appends that wait now have a place or are rejected. */
  async drained(): Promise<void> {
    const { order: last } = this.#last ?? { order: -1 };
    // The last one may be aborted long before the others are let in.
    for (let next = this.#first; next; next = this.#first) {
      if (next.order > last) return;
      await next.ended.catch(() => {});
    }
  }

  /** Takes an append out of the line. */
  remove(waiting: Waiting): void {
    const { previous, next, request } = waiting;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiting.previous = waiting.next = undefined;
    waiting.unwatch?.();
    this.records -= request.count;
    this.bytes -= request.bytes;
    this.count--;
    invariant(this.records >= 0 && this.bytes >= 0, "appends admitted twice");
  }

  /** Rejects all appends that wait; returns how many there were. */
  reject(error: Error): number {
    let count = 0;
    for (let next = this.#first; next; next = this.#first) {
      this.remove(next);
      next.reject(error);
      count++;
    }
    return count;
  }
}
