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
 * What `read` and `follow` return: an async generator that can become a web
 * stream. It begins with the first call of `next`. Calls run one at a time, in
 * order; any number may wait.
 */
export interface LogIterator<Value>
  extends AsyncGenerator<Value, undefined, undefined> {
  /**
   * The values as a web `ReadableStream`, which takes the next one only when it
   * is asked for; nothing is buffered.
   *
   * Errors of the log become errors of the stream, and to cancel the stream
   * ends the iterator and closes its files. Both share one position: what is
   * taken from one does not come from the other.
   */
  toReadable(): ReadableStream<Value>;
}

type Settle<Value> = (next: MaybePromise<Next<Value>>) => void;

let capturedResolve: unknown;

/** Shared by all promises that wait, so that none needs its own closure. */
function capture(resolve: unknown): void {
  capturedResolve = resolve;
}

const RESOLVED: Promise<unknown> = Promise.resolve();

/**
 * An async generator written by hand: one of the language takes three turns of
 * the microtask queue for each value, and this one takes one for a value that is
 * at hand. Calls run one at a time, in order; any number may wait.
 */
export abstract class SerialGenerator<Value> implements LogIterator<Value> {
  /** Calls in progress, and the last of them. */
  #waiting = 0;
  #last = RESOLVED;
  /** Resolves the call that waits for `answer`. */
  #resolve: Settle<Value> | undefined;
  /** Whether that call is counted down by its answer. */
  #isCounted = false;

  /**
   * Takes the next value; no other call is in progress. If it returns
   * `undefined`, the call waits for {@linkcode SerialGenerator.answer}.
   */
  protected abstract take(): MaybePromise<Next<Value>> | undefined;

  /** Releases what it holds; no other call is in progress. */
  protected abstract end(): MaybePromise<unknown>;

  /** The next value, or the end. */
  next(): Promise<Next<Value>> {
    if (this.#waiting > 0) return this.#inTurn(() => this.later(this.take()));
    try {
      const taken = this.take();
      if (taken === undefined) return this.#wait();
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

  /** The values as a web stream; see {@linkcode LogIterator.toReadable}. */
  toReadable(): ReadableStream<Value> {
    return new ReadableStream<Value>({
      pull: async (controller) => {
        const { done, value } = await this.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void await this.return(),
    }, { highWaterMark: 0 });
  }

  /** Whether a call waits for an answer. */
  get isWaiting(): boolean {
    return this.#resolve !== undefined;
  }

  /** What was taken, or a promise of the answer that the call waits for. */
  later(
    taken: MaybePromise<Next<Value>> | undefined,
  ): MaybePromise<Next<Value>> {
    if (taken !== undefined) return taken;
    const promise = new Promise<Next<Value>>(capture);
    this.#resolve = capturedResolve as Settle<Value>;
    this.#isCounted = false;
    return promise;
  }

  /** Answers the call that waits. */
  answer(next: MaybePromise<Next<Value>>): void {
    const resolve = this.#resolve!;
    this.#resolve = undefined;
    if (this.#isCounted) {
      if (isLater(next)) {
        next.then(() => this.#countDown(), () => this.#countDown());
      } else this.#countDown();
    }
    resolve(next);
  }

  /** One promise, and no closure: a hundred followers may wait. */
  #wait(): Promise<Next<Value>> {
    const promise = new Promise<Next<Value>>(capture);
    this.#resolve = capturedResolve as Settle<Value>;
    this.#isCounted = true;
    this.#waiting++;
    this.#last = promise;
    return promise;
  }

  #inTurn(call: () => MaybePromise<Next<Value>>): Promise<Next<Value>> {
    return this.#settle(this.#last.then(call, call));
  }

  /** Counted down as the call settles, so that no later call overtakes it. */
  #settle(call: Promise<Next<Value>>): Promise<Next<Value>> {
    this.#waiting++;
    const result = call.then((found) => {
      this.#countDown();
      return found;
    }, (error) => {
      this.#countDown();
      throw error;
    });
    this.#last = result.catch(() => {});
    return result;
  }

  #countDown(): void {
    // Keeps nothing of what was read.
    if (--this.#waiting === 0) this.#last = RESOLVED;
  }
}
