import type { RecordList } from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { LogClosedError } from "./log_closed_error.ts";
import type { LogRecord } from "./record.ts";

type Result = IteratorResult<LogRecord, undefined>;

const END: Result = Object.freeze({ done: true, value: undefined });

/**
 * The records of batches, one by one. Written by hand rather than as an async
 * generator, which takes three turns of the microtask queue for each record;
 * one is enough for a record that is already in memory.
 */
export class RecordReader
  implements AsyncGenerator<LogRecord, undefined, undefined> {
  readonly #batches: AsyncGenerator<RecordBatch>;
  #records: RecordList = [];
  #index = 0;
  #nextLsn = 0;
  #isCut = false;
  /** Calls in progress, and the last of them; they run one at a time. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Reads `batches`, which nothing else may use. */
  constructor(batches: AsyncGenerator<RecordBatch>) {
    this.#batches = batches;
  }

  /** The next record, or the end. */
  next(): Promise<Result> {
    return this.#waiting === 0 && this.#index < this.#records.length
      ? Promise.resolve(this.#take())
      : this.#inTurn(() => this.#takeNext());
  }

  /** Ends it early and closes its files. */
  return(): Promise<Result> {
    return this.#inTurn(() => this.#end());
  }

  /** Ends it early and rejects with `error`. */
  throw(error: unknown): Promise<Result> {
    return this.#inTurn(async () => {
      await this.#end();
      throw error;
    });
  }

  /** Drops what was read: the log closes, and the batches report it. */
  cut(): void {
    this.#isCut = true;
    this.#records = [];
    this.#index = 0;
  }

  /** Returns itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as {@linkcode RecordReader.return}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #takeNext(): Promise<Result> {
    while (this.#index === this.#records.length) {
      // Drops what was read, even at the end.
      this.#records = [];
      this.#index = 0;
      const { value, done } = await this.#batches.next();
      if (done) return END;
      if (this.#isCut) throw new LogClosedError("read");
      this.#records = value.records;
      this.#nextLsn = value.firstLsn;
    }
    return this.#take();
  }

  #take(): Result {
    const data = this.#records.at(this.#index++)!;
    return { done: false, value: { lsn: this.#nextLsn++, data } };
  }

  async #end(): Promise<Result> {
    this.#records = [];
    this.#index = 0;
    await this.#batches.return(undefined);
    return END;
  }

  /** Runs calls in order, each after the one before; any number may wait. */
  #inTurn(call: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    // Counted down as the call settles, so that no later call overtakes it.
    const result = this.#last.then(call).then((found) => {
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
