import { onAbort } from "../writer/abort.ts";
import { END, type Next, SerialGenerator } from "../reader/serial_generator.ts";
import type { Decode } from "../reader/record_reader.ts";
import { FrameRecords, FrameWindow } from "../storage/format/mod.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { LogRecord } from "../writer/record.ts";
import { READ_AHEAD_BYTES, type SentBatch } from "./protocol.ts";

/** What a read does to its port. */
export interface ReaderHost {
  /** Asks the log for batches; throws if the port is closed. */
  begin(): void;
  /** The caller has taken that many bytes. */
  credit(bytes: number): void;
  /** Nothing more is wanted. */
  stop(): void;
  /** Whether a call waits, which keeps the thread alive. */
  waits(isWaiting: boolean): void;
}

/** Records that are read in the thread of the log, one by one. */
export class RemoteReader<Out, Record extends LogRecord<Out>>
  extends SerialGenerator<Record> {
  readonly #host: ReaderHost;
  readonly #decode: Decode<Out>;
  readonly #signal: AbortSignal | undefined;
  #state: "new" | "open" | "ended" = "new";
  /** Batches that were sent ahead. */
  readonly #batches: SentBatch[] = [];
  #batch: SentBatch | undefined;
  #records: Iterator<Uint8Array<ArrayBuffer>> | undefined;
  #lsn = 0;
  /** Bytes taken that the log does not know of yet. */
  #taken = 0;
  /** What comes after the batches: the end, or an error. */
  #last: Next<never> | { readonly error: unknown } | undefined;
  #unwatch: (() => void) | undefined;

  /** Begins with the first call of `next`. */
  constructor(
    host: ReaderHost,
    decode: Decode<Out>,
    signal: AbortSignal | undefined,
  ) {
    super();
    this.#host = host;
    this.#decode = decode;
    this.#signal = signal;
  }

  /** A batch has come. */
  receive(batch: SentBatch): void {
    if (this.#state !== "open") return;
    this.#batches.push(batch);
    this.#answerWaiting();
  }

  /** The log has no more batches, or cannot go on. */
  finish(last: Next<never> | { readonly error: unknown }): void {
    if (this.#state !== "open") return;
    this.#last ??= last;
    this.#answerWaiting();
  }

  /** Ends it, and a call that waits. */
  override return(): Promise<Next<Record>> {
    this.#leave();
    return super.return();
  }

  /** The same, and rejects with `error`. */
  override throw(error: unknown): Promise<Next<Record>> {
    this.#leave();
    return super.throw(error);
  }

  protected override take(): Next<Record> | undefined {
    this.#signal?.throwIfAborted();
    if (this.#state === "new") this.#begin();
    const taken = this.#takeNow();
    if (taken === undefined) this.#host.waits(true);
    return taken;
  }

  protected override end(): void {
    this.#end();
  }

  #begin(): void {
    this.#host.begin();
    this.#state = "open";
    if (this.#signal === undefined) return;
    const signal = this.#signal;
    this.#unwatch = onAbort(signal, () => {
      this.#batches.length = 0;
      this.#records = undefined;
      this.#last = { error: signal.reason };
      if (this.isWaiting) this.#answerWaiting();
      else this.#end();
    });
  }

  #takeNow(): Next<Record> | undefined {
    if (this.#state === "ended") return END;
    for (;;) {
      const next = this.#records?.next();
      if (next !== undefined && !next.done) return this.#record(next.value);
      this.#drop();
      const batch = this.#batches.shift();
      if (batch === undefined) break;
      const { bytes, count, firstLsn } = batch;
      this.#batch = batch;
      this.#lsn = firstLsn;
      const records = new FrameRecords(new FrameWindow(bytes), 0, count);
      this.#records = records[Symbol.iterator]();
    }
    if (this.#last === undefined) return undefined;
    const last = this.#last;
    this.#end();
    if ("error" in last) throw last.error;
    return last;
  }

  #record(bytes: Uint8Array<ArrayBuffer>): Next<Record> {
    const lsn = this.#lsn++;
    const data = this.#decode(bytes, lsn);
    const level = this.#batch?.level as AckLevel;
    const record = level === undefined ? { lsn, data } : { lsn, data, level };
    return { done: false, value: record as Record };
  }

  /** Drops what was read, and tells the log if that was much. */
  #drop(): void {
    this.#records = undefined;
    this.#taken += this.#batch?.cost ?? 0;
    this.#batch = undefined;
    if (this.#taken < READ_AHEAD_BYTES / 2 || this.#last !== undefined) return;
    this.#host.credit(this.#taken);
    this.#taken = 0;
  }

  #answerWaiting(): void {
    if (!this.isWaiting) return;
    let taken: Next<Record> | Promise<never> | undefined;
    try {
      taken = this.#takeNow();
    } catch (error) {
      taken = Promise.reject(error);
    }
    if (taken === undefined) return;
    this.#host.waits(false);
    this.answer(taken);
  }

  #end(): void {
    if (this.#state === "ended") return;
    const isBegun = this.#state === "open";
    this.#state = "ended";
    this.#batches.length = 0;
    this.#records = undefined;
    this.#batch = undefined;
    this.#unwatch?.();
    if (isBegun) this.#host.stop();
  }

  /** The caller wants no more, even if a call waits. */
  #leave(): void {
    this.#end();
    if (!this.isWaiting) return;
    this.#host.waits(false);
    this.answer(END);
  }
}
