import type { MaybePromise } from "../storage/storage.ts";

/** The next value, or the end. */
export type Next<Value> = IteratorResult<Value, undefined>;

/** The answer at the end. */
export const END: Next<never> = Object.freeze({ done: true, value: undefined });

/** Whether an answer is yet to come. */
export function isLater<Value>(
  answer: MaybePromise<Value>,
): answer is Promise<Value> {
  return typeof (answer as Partial<Promise<Value>>).then === "function";
}

/**
 * An async generator written by hand: one of the language takes three turns of
 * the microtask queue for each value, and this one takes one for a value that is
 * at hand. Calls run one at a time, in order; any number may wait.
 */
export abstract class SerialGenerator<Value>
  implements AsyncGenerator<Value, undefined, undefined> {
  /** Calls in progress, and the last of them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Takes the next value; no other call is in progress. */
  protected abstract take(): MaybePromise<Next<Value>>;

  /** Releases what it holds; no other call is in progress. */
  protected abstract end(): MaybePromise<unknown>;

  /** The next value, or the end. */
  next(): Promise<Next<Value>> {
    if (this.#waiting > 0) return this.#inTurn(() => this.take());
    try {
      const taken = this.take();
      return isLater(taken) ? this.#settle(taken) : Promise.resolve(taken);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Ends it early and closes its files. */
  return(): Promise<Next<Value>> {
    return this.#inTurn(async () => {
      await this.end();
      return END;
    });
  }

  /** Ends it early and rejects with `error`. */
  throw(error: unknown): Promise<Next<Value>> {
    return this.#inTurn(async () => {
      await this.end();
      throw error;
    });
  }

  /** Returns itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends it early, as `return` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #inTurn(call: () => MaybePromise<Next<Value>>): Promise<Next<Value>> {
    return this.#settle(this.#last.then(call));
  }

  /** Counted down as the call settles, so that no later call overtakes it. */
  #settle(call: Promise<Next<Value>>): Promise<Next<Value>> {
    this.#waiting++;
    const result = call.then((found) => {
      this.#waiting--;
      return found;
    }, (error) => {
      this.#waiting--;
      throw error;
    });
    this.#last = result.catch(() => {});
    return result;
  }
}
