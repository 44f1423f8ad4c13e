import { closeSync, openSync, writeSync } from "node:fs";
import type { Wal } from "../../../../wal.ts";
import type { AckLevel } from "../../../../writer/acks.ts";
import { QueueFullError } from "../../../../writer/append_queue.ts";
import { LogFailedError } from "../../../../writer/log_failed_error.ts";
import { makeRecord } from "../record_content.ts";

/** Whose records a {@linkcode NotingWriter} makes, and where it notes. */
export interface NotingOptions {
  readonly seed: number;
  readonly round: number;
  /** File for the notes, outside of the log's directory. */
  readonly notes: string;
}

/**
 * Appends records that describe themselves, and notes each acknowledgement in a
 * file, as `LEVEL LSN`, only once it has arrived.
 */
export class NotingWriter {
  readonly #options: NotingOptions;
  readonly #descriptor: number;
  readonly #foundLsn: number;
  #wal: Wal;
  #next: number;
  /** Whether a call was rejected because the log has failed. */
  hasFailed = false;

  /** Continues after `lastLsn`. */
  constructor(wal: Wal, lastLsn: number, options: NotingOptions) {
    this.#wal = wal;
    this.#foundLsn = lastLsn;
    this.#next = lastLsn + 1;
    this.#options = options;
    this.#descriptor = openSync(options.notes, "a");
  }

  /** LSN of the last record that was handed over. */
  get lastLsn(): number {
    return this.#next - 1;
  }

  /** Continues with the same log, opened again. */
  reopened(wal: Wal): void {
    this.#wal = wal;
  }

  /** Appends one record. */
  append(ack: AckLevel): Promise<void> {
    const lsn = this.#next++;
    const done = this.#wal.append(this.#make(lsn, lsn, lsn), { ack });
    return this.#noteWhen(done.then(() => {}), ack, lsn, lsn);
  }

  /** Appends records that stay together. */
  appendBatch(count: number, ack: AckLevel): Promise<void> {
    const first = this.#next;
    const last = first + count - 1;
    this.#next += count;
    const records = Array.from(
      { length: count },
      (_, index) => this.#make(first + index, first, last),
    );
    const done = this.#wal.appendBatch(records, { ack });
    return this.#noteWhen(done.then(() => {}), ack, first, last);
  }

  /** Queues records as long as there is room, then waits for the last one. */
  enqueue(count: number, level: AckLevel): Promise<void> {
    const first = this.#next;
    try {
      for (let index = 0; index < count; index++) {
        this.#wal.enqueue(this.#make(this.#next, this.#next, this.#next));
        this.#next++;
      }
    } catch (error) {
      if (!(error instanceof QueueFullError)) return this.#reject(error);
    }
    if (this.#next === first) return Promise.resolve();
    const last = this.lastLsn;
    return this.#noteWhen(this.#wal.settled(last, level), level, first, last);
  }

  /** Flushes all that was handed over. */
  flush(): Promise<void> {
    const last = this.lastLsn;
    return this.#noteWhen(this.#wal.flush().then(() => {}), "disk", last, last);
  }

  /** Truncates, and notes that before and after. */
  async truncateBefore(lsn: number): Promise<void> {
    this.note(`truncating ${lsn}`);
    await this.#wal.truncateBefore(lsn);
    this.note(`truncated ${lsn}`);
  }

  /** Writes lines to the notes; they outlive the process. */
  note(lines: string): void {
    writeSync(this.#descriptor, `${lines}\n`);
  }

  /** Ends the notes. */
  close(): void {
    closeSync(this.#descriptor);
  }

  #make(lsn: number, first: number, last: number): Uint8Array {
    const { seed, round } = this.#options;
    return makeRecord({ seed, round, lsn, first, last });
  }

  async #noteWhen(
    done: Promise<void>,
    level: AckLevel,
    first: number,
    last: number,
  ): Promise<void> {
    try {
      await done;
    } catch (error) {
      return this.#reject(error);
    }
    if (level === "memory" || last === this.#foundLsn) return;
    if (this.hasFailed) throw new Error(`${last} was acked after a failure`);
    const lines = [];
    for (let lsn = first; lsn <= last; lsn++) lines.push(`${level} ${lsn}`);
    this.note(lines.join("\n"));
  }

  #reject(error: unknown): Promise<void> {
    if (error instanceof LogFailedError) this.hasFailed = true;
    return Promise.reject(error);
  }
}
