/** Takes the LSN that was released, or the rejection of all. */
type Resolve = (released: number | Promise<never>) => void;

/** Slots that are kept for the next waiters when all were released. */
const KEPT_SLOTS = 4096;

let capturedResolve: Resolve;

/** Shared by all promises here, so that none costs a closure. */
function capture(resolve: Resolve): void {
  capturedResolve = resolve;
}

/**
 * Promises that wait for the log to reach an LSN, released in its order.
 *
 * A few thousand slots are kept when their waiters are released: the next ones
 * take them, as emptying and growing the arrays costs more than a waiter.
 */
export class WaiterQueue {
  #lsns: number[] = [];
  #resolves: Resolve[] = [];
  #head = 0;
  #tail = 0;

  /** A promise that resolves with `lsn` once it is released. */
  wait(lsn: number): Promise<number> {
    const promise = new Promise<number>(capture);
    this.#put(lsn, capturedResolve);
    return promise;
  }

  /** A promise that resolves with `value` once `lsn` is released. */
  waitWith<Value>(lsn: number, value: Value): Promise<Value> {
    return new Promise((resolve) => {
      this.#put(lsn, (released) => {
        resolve(released === lsn ? value : released as Promise<never>);
      });
    });
  }

  /** Resolves all that wait for `lsn` or less. */
  release(lsn: number): void {
    let head = this.#head;
    for (; head < this.#tail && this.#lsns[head] <= lsn; head++) {
      this.#resolves[head](this.#lsns[head]);
    }
    this.#head = head;
    if (head === this.#tail) this.#clear();
    else if (head > 1024 && head * 2 > this.#tail) this.#compact();
  }

  /** Rejects all, and says how many there were. */
  reject(error: Error): number {
    const count = this.#tail - this.#head;
    const rejection = Promise.reject<never>(error);
    rejection.catch(() => {});
    for (let at = this.#head; at < this.#tail; at++) {
      this.#resolves[at](rejection);
    }
    this.#clear();
    return count;
  }

  #put(lsn: number, resolve: Resolve): void {
    let at = this.#tail++;
    for (; at > this.#head && this.#lsns[at - 1] > lsn; at--) {
      this.#lsns[at] = this.#lsns[at - 1];
      this.#resolves[at] = this.#resolves[at - 1];
    }
    this.#lsns[at] = lsn;
    this.#resolves[at] = resolve;
  }

  #clear(): void {
    if (this.#tail > KEPT_SLOTS) {
      this.#lsns = [];
      this.#resolves = [];
    }
    this.#head = 0;
    this.#tail = 0;
  }

  #compact(): void {
    this.#lsns = this.#lsns.slice(this.#head, this.#tail);
    this.#resolves = this.#resolves.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}
