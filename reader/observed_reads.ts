import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import type { BatchSource, RecordBatch } from "../storage/frame_log.ts";
import { isPromise, type MaybePromise } from "../storage/storage.ts";
import { isGone } from "./survey_live_log.ts";

/** What a read needs of the log. */
interface ReadableLog {
  readonly cuts: number;
  lowestSince(cuts: number): number;
  /** Looks at the log again. */
  refresh(): Promise<void>;
  /** Reads from the segments that the last look found. */
  readSeen(from: number, to: number): BatchSource;
}

/** Attempts at one place, while the log's owner moves files. */
const ATTEMPTS = 10;

type Result = IteratorResult<RecordBatch, unknown>;

/**
 * Reads records of a log that its owner may be changing. If a segment is gone,
 * or seems damaged, it looks at the log again and continues: the segment may
 * have been dropped, reused or rewritten. Only what is damaged at a second look
 * is damage.
 */
export class ObservedReads implements BatchSource {
  readonly #log: ReadableLog;
  readonly #to: number;
  readonly #cuts: number;
  #batches: BatchSource;
  #nextLsn: number;
  #attempts = 0;
  #lastError: unknown;

  /** Reads the records `from` to `to`. */
  constructor(log: ReadableLog, from: number, to: number) {
    this.#log = log;
    this.#nextLsn = from;
    this.#to = to;
    this.#cuts = log.cuts;
    this.#batches = log.readSeen(from, to);
  }

  /** The next batch, or the end. */
  next(): MaybePromise<Result> {
    try {
      const taking = this.#batches.next();
      if (!isPromise(taking)) return this.#found(taking);
      return taking.then((taken) => this.#found(taken)).catch((error) =>
        this.#recover(error)
      );
    } catch (error) {
      return this.#recover(error);
    }
  }

  /** Closes the file that is open. */
  return(): MaybePromise<unknown> {
    return this.#batches.return?.(undefined);
  }

  #found(taken: Result): Result {
    if (taken.done) return taken;
    const { firstLsn, records, lost } = taken.value as RecordBatch;
    this.#nextLsn = firstLsn + (lost ?? records.length);
    this.#attempts = 0;
    this.#lastError = undefined;
    return taken;
  }

  async #recover(error: unknown): Promise<Result> {
    await this.#batches.return?.(undefined);
    if (!(isGone(error) || error instanceof CorruptLogError)) throw error;
    await this.#log.refresh().catch((error) => {
      // Damage at the end need not concern this read.
      if (!(error instanceof CorruptLogError)) throw error;
    });
    // The caller knows what a cut means to it.
    if (this.#log.lowestSince(this.#cuts) < this.#to) throw error;
    const isSame = error instanceof CorruptLogError &&
      String(error) === String(this.#lastError);
    if (isSame || ++this.#attempts === ATTEMPTS) throw error;
    this.#lastError = error;
    this.#batches = this.#log.readSeen(this.#nextLsn, this.#to);
    return await this.next();
  }
}
