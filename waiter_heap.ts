/** Takes the LSN that was released, or the rejection of all. */
export type Resolve = (released: number | Promise<never>) => void;

interface Waiter {
  readonly lsn: number;
  readonly resolve: Resolve;
  /** Keeps call order among those that wait for one LSN. */
  readonly order: number;
}

/**
 * Waiters that came out of order: a binary heap, as a list that is kept sorted
 * would move all of it for each of many that come in falling order.
 */
export class WaiterHeap {
  readonly #waiters: Waiter[] = [];
  #order = 0;

  /** Number of waiters. */
  get size(): number {
    return this.#waiters.length;
  }

  /** The lowest LSN that is waited for, or `Infinity`. */
  get lowest(): number {
    return this.#waiters.length > 0 ? this.#waiters[0].lsn : Infinity;
  }

  /** Adds one. */
  put(lsn: number, resolve: Resolve): void {
    const waiters = this.#waiters;
    const waiter = { lsn, resolve, order: this.#order++ };
    let at = waiters.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(waiters[parent], waiter)) break;
      waiters[at] = waiters[parent];
      at = parent;
    }
    waiters[at] = waiter;
  }

  /** Takes out the first that waits for the lowest LSN; there has to be one. */
  take(): Resolve {
    const waiters = this.#waiters;
    const { resolve } = waiters[0];
    const last = waiters.pop()!;
    if (waiters.length > 0) this.#sink(last);
    return resolve;
  }

  /** Puts `waiter` in the root's place, and from there to its own. */
  #sink(waiter: Waiter): void {
    const waiters = this.#waiters;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= waiters.length) break;
      const right = child + 1;
      if (right < waiters.length && isBefore(waiters[right], waiters[child])) {
        child = right;
      }
      if (isBefore(waiter, waiters[child])) break;
      waiters[at] = waiters[child];
      at = child;
    }
    waiters[at] = waiter;
  }
}

function isBefore(one: Waiter, other: Waiter): boolean {
  return one.lsn < other.lsn ||
    one.lsn === other.lsn && one.order < other.order;
}
