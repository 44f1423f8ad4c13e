import {
  type BatchSource,
  type RecordBatch,
  TruncatedError,
} from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { LogSource } from "./log_source.ts";
import {
  END,
  isLater,
  type Next,
  SerialGenerator,
} from "./serial_generator.ts";

/** What knows the reads in progress. */
export interface ReadTracker {
  /** The reads in progress. */
  readonly open: Set<OpenRead>;
  /** Whether the log is closed, or is being closed. */
  readonly isClosed: boolean;
  /** Followers that are being loaded. */
  readonly loading: Set<Promise<unknown>>;
}

/** What is read: `to` is the last record. */
export interface BegunRead {
  readonly batches: BatchSource;
  readonly to: number;
  /** Cuts of the log when `to` was chosen; absent if the caller looks for them. */
  readonly cuts?: number;
}

/** Options of {@linkcode OpenRead}. */
export interface OpenReadOptions {
  /** Checks what is asked for, and begins; `undefined` to read nothing. */
  readonly begin: () => MaybePromise<BegunRead | undefined>;
  /** What keeps track of the read. */
  readonly tracker: ReadTracker;
  /** Ends it with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** What it does, for messages. Default: `"read"`. */
  readonly action?: string;
  /** Where to look for cuts; absent if the caller does that. */
  readonly log?: Pick<LogSource, "cuts" | "lowestSince">;
}

/** A read that ends with an error, not silently, when the log closes. */
export class OpenRead implements BatchSource {
  readonly #options: OpenReadOptions;
  #read: BegunRead | undefined;
  /** Cuts of the log when it began. */
  #cuts = 0;
  #hasBegun = false;
  #hasEnded = false;
  #isCut = false;
  /** The call in progress. */
  #call: Promise<unknown> | undefined;
  /** Called if the log closes during the read. */
  onCut: () => void = () => {};

  /** Begins with the first call of `next`. */
  constructor(options: OpenReadOptions) {
    this.#options = options;
  }

  /** The next batch, or the end; one call at a time. */
  next(): MaybePromise<Next<RecordBatch>> {
    if (!this.#hasBegun) this.#isCut = this.#options.tracker.isClosed;
    this.#requireOpen();
    if (this.#hasEnded) return END;
    try {
      if (this.#options.signal?.aborted) return this.#abort();
      const taken = this.#hasBegun ? this.#take() : this.#start();
      return isLater(taken) ? this.#settle(taken) : this.#found(taken);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** Ends it early and closes its files. */
  async return(): Promise<Next<RecordBatch>> {
    this.#hasBegun = true;
    this.#hasEnded = true;
    try {
      await this.#read?.batches.return?.(undefined);
    } finally {
      // Until then, the log waits for it to close.
      this.#end();
    }
    return END;
  }

  /** Ends it because the log closes, after any call in progress. */
  async cut(): Promise<void> {
    this.#isCut = true;
    this.onCut();
    await this.#call;
    // An error from closing a file that was only read is harmless.
    await this.return().catch(() => {});
  }

  #start(): MaybePromise<IteratorResult<RecordBatch, unknown>> {
    const { begin, tracker } = this.#options;
    this.#hasBegun = true;
    const take = (read: BegunRead | undefined) => {
      this.#read = read;
      this.#cuts = read?.cuts ?? 0;
      return this.#take();
    };
    const begun = begin();
    tracker.open.add(this);
    return begun !== undefined && isLater(begun)
      ? begun.then(take)
      : take(begun);
  }

  #take(): MaybePromise<IteratorResult<RecordBatch, unknown>> {
    return this.#read?.batches.next() ?? END;
  }

  async #settle(
    taking: Promise<IteratorResult<RecordBatch, unknown>>,
  ): Promise<Next<RecordBatch>> {
    this.#call = taking.catch(() => {});
    try {
      const taken = await taking;
      return this.#options.signal?.aborted
        ? await this.#abort()
        : this.#found(taken);
    } catch (error) {
      this.#end();
      const isOwn = this.#isCut || this.#options.signal?.aborted;
      // What was cut off may look damaged.
      if (!isOwn) this.#requireUncut(this.#read?.to ?? 0);
      throw error;
    } finally {
      this.#call = undefined;
    }
  }

  /** A read that was cut meanwhile may have ended early, so it must not end. */
  #found(taken: IteratorResult<RecordBatch, unknown>): Next<RecordBatch> {
    this.#requireOpen();
    if (taken.done) return this.#end();
    const { firstLsn, records, lost } = taken.value;
    this.#requireUncut(firstLsn + (lost ?? records.length) - 1);
    return taken;
  }

  async #abort(): Promise<never> {
    await this.return();
    throw this.#options.signal!.reason;
  }

  #requireOpen(): void {
    const { action = "read" } = this.#options;
    if (this.#isCut) throw new LogClosedError(action);
  }

  /** Throws if the log was cut back below record `lsn` since it began. */
  #requireUncut(lsn: number): void {
    const { log } = this.#options;
    if (log === undefined || log.cuts === this.#cuts) return;
    const lowest = log.lowestSince(this.#cuts);
    if (lowest < lsn) throw new TruncatedError(lowest + 1, lowest);
  }

  #end(): Next<never> {
    this.#hasBegun = true;
    this.#hasEnded = true;
    this.#options.tracker.open.delete(this);
    return END;
  }
}

/** A read by batches. */
export class BatchReader extends SerialGenerator<RecordBatch> {
  readonly #batches: BatchSource;

  /** Reads `batches`, which nothing else may use. */
  constructor(batches: BatchSource) {
    super();
    this.#batches = batches;
  }

  protected override take(): MaybePromise<Next<RecordBatch>> {
    return this.#batches.next() as MaybePromise<Next<RecordBatch>>;
  }

  protected override async end(): Promise<void> {
    await this.#batches.return?.(undefined);
  }
}
