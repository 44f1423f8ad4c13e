import type { MaybePromise } from "../storage/storage.ts";
import { onAbort } from "./abort.ts";

/** What a stream of records uses of a log. */
export interface RecordTarget<In> {
  /**
   * Appends a record, and resolves once it has reached the level of the stream.
   * Throws what is refused at once. An abort withdraws it from the line of
   * those that wait for room.
   */
  append(record: In, withdrawn: AbortSignal): Promise<unknown>;
  /** Resolves when all that waits for room has a place; at once if nothing. */
  placed(): Promise<void> | undefined;
}

/**
 * Where a web stream of records ends. A write ends when its record has a place
 * in the queue, so that many share a flush and a full queue holds up the
 * stream; closing waits for the acks.
 */
export class RecordSink<In> implements UnderlyingSink<In> {
  readonly #target: RecordTarget<In>;
  readonly #signal: AbortSignal | undefined;
  readonly #withdrawal = new AbortController();
  /** Of the last record; those before it are acknowledged earlier. */
  #acked: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #unwatch: () => void = () => {};

  /** Appends to `target`, until `signal` is aborted. */
  constructor(target: RecordTarget<In>, signal: AbortSignal | undefined) {
    this.#target = target;
    this.#signal = signal;
  }

  /** Called once, when the stream is made. */
  start(controller: WritableStreamDefaultController): void {
    const signal = this.#signal;
    // So that an abort does not wait for a write that waits for room.
    const { signal: own } = controller;
    onAbort(own, () => this.#withdrawal.abort(own.reason));
    this.#fail = (error) => {
      if (this.#failure !== undefined) return;
      this.#failure = { error };
      this.#unwatch();
      controller.error(error);
    };
    if (signal === undefined) return;
    const end = () => {
      this.#fail(signal.reason);
      this.#withdrawal.abort(signal.reason);
    };
    if (signal.aborted) end();
    else this.#unwatch = onAbort(signal, end);
  }

  /** Appends a record. */
  write(record: In): MaybePromise<void> {
    const acked = this.#target.append(record, this.#withdrawal.signal);
    acked.catch((error) => this.#fail(error));
    this.#acked = acked;
    const placed = this.#target.placed();
    return placed?.then(() => this.#requireHealth());
  }

  /** Waits until all records are acknowledged. */
  async close(): Promise<void> {
    this.#unwatch();
    await this.#acked;
    this.#requireHealth();
  }

  /** Records that have a place are written even so. */
  abort(reason: unknown): void {
    this.#unwatch();
    this.#withdrawal.abort(reason);
  }

  #fail: (error: unknown) => void = () => {};

  #requireHealth(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
