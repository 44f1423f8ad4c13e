import { LogClosedError } from "./log_closed_error.ts";
import type { LogRecord } from "./record.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import type { RecordList } from "../storage/format/mod.ts";

type Result = IteratorResult<LogRecord, undefined>;

const END: Result = Object.freeze({ done: true, value: undefined });

/**
 * The records of batches, one by one. It does by hand what an async generator
 * does, as that takes three turns of the microtask queue for each record where
 * one is enough for those that are there already.
 */
export class RecordReader
  implements AsyncGenerator<LogRecord, undefined, undefined> {
  readonly #batches: AsyncGenerator<RecordBatch>;
  #records: RecordList = [];
  #index = 0;
  #nextLsn = 0;
  #isCut = false;
  /** Calls that wait, and the last of them: each begins behind the other. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Reads what `batches` gives; they are its own. */
  constructor(batches: AsyncGenerator<RecordBatch>) {
    this.#batches = batches;
  }

  /** The next record, or the end. */
  next(): Promise<Result> {
    return this.#waiting === 0 && this.#index < this.#records.length
      ? Promise.resolve(this.#take())
      : this.#inTurn(() => this.#takeNext());
  }

  /** Ends it early, and closes what is open. */
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

  /** Lets go of what was read: the log closes, and its batches say so. */
  cut(): void {
    this.#isCut = true;
    this.#records = [];
    this.#index = 0;
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as {@linkcode RecordReader.return}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #takeNext(): Promise<Result> {
    while (this.#index === this.#records.length) {
      // What was read is let go of, also at the end.
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

  /** As many calls may be made at once as one likes, in order. */
  #inTurn(call: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    // Counted off as it settles: whoever came a moment before must not be late.
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
