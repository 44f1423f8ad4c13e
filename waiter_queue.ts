type Resolve = (value: unknown) => void;
type Reject = (error: Error) => void;

let capturedResolve: Resolve;
let capturedReject: Reject;

/** Shared by all promises here, so that none costs a closure. */
function capture(resolve: Resolve, reject: Reject): void {
  capturedResolve = resolve;
  capturedReject = reject;
}

/** Promises that wait for the log to reach an LSN, released in its order. */
export class WaiterQueue {
  #lsns: number[] = [];
  #values: unknown[] = [];
  #resolves: Resolve[] = [];
  #rejects: Reject[] = [];
  #head = 0;

  /** A promise that resolves with `value` once `lsn` is released. */
  wait<Value>(lsn: number, value: Value): Promise<Value> {
    const promise = new Promise<unknown>(capture) as Promise<Value>;
    let at = this.#lsns.length;
    while (at > this.#head && this.#lsns[at - 1] > lsn) at--;
    if (at === this.#lsns.length) {
      this.#lsns.push(lsn);
      this.#values.push(value);
      this.#resolves.push(capturedResolve);
      this.#rejects.push(capturedReject);
    } else {
      this.#lsns.splice(at, 0, lsn);
      this.#values.splice(at, 0, value);
      this.#resolves.splice(at, 0, capturedResolve);
      this.#rejects.splice(at, 0, capturedReject);
    }
    return promise;
  }

  /** Resolves all that wait for `lsn` or less. */
  release(lsn: number): void {
    const lsns = this.#lsns;
    let head = this.#head;
    for (; head < lsns.length && lsns[head] <= lsn; head++) {
      this.#resolves[head](this.#values[head]);
    }
    this.#head = head;
    if (head === lsns.length) this.#clear();
    else if (head > 1024 && head * 2 > lsns.length) this.#compact();
  }

  /** Rejects all, and says how many there were. */
  reject(error: Error): number {
    const count = this.#rejects.length - this.#head;
    for (let at = this.#head; at < this.#rejects.length; at++) {
      this.#rejects[at](error);
    }
    this.#clear();
    return count;
  }

  #clear(): void {
    this.#lsns.length = 0;
    this.#values.length = 0;
    this.#resolves.length = 0;
    this.#rejects.length = 0;
    this.#head = 0;
  }

  #compact(): void {
    this.#lsns.splice(0, this.#head);
    this.#values.splice(0, this.#head);
    this.#resolves.splice(0, this.#head);
    this.#rejects.splice(0, this.#head);
    this.#head = 0;
  }
}
