import type { Wal } from "../../wal.ts";
import type { AckLevel } from "../../writer/acks.ts";

/** What has reached the requested ack level so far. */
export interface Acked {
  /** LSN of the first record handed over. */
  readonly firstLsn: number;
  /** LSN of the last record acknowledged; 0 if there is none. */
  readonly lastLsn: number;
  /** Number of records. */
  readonly records: number;
  /** Their bytes, without newlines. */
  readonly bytes: number;
}

/** Follows the acknowledgement of records queued without a promise each. */
export class AckTracker {
  readonly #wal: Wal;
  readonly #level: AckLevel;
  readonly #fail: (error: unknown) => void;
  #firstLsn = 0;
  #queuedLsn = 0;
  #queuedBytes = 0;
  #ackedLsn = 0;
  #ackedBytes = 0;
  #watching = false;

  /** `fail` is called if the log fails. */
  constructor(wal: Wal, level: AckLevel, fail: (error: unknown) => void) {
    this.#wal = wal;
    this.#level = level;
    this.#fail = fail;
  }

  /** What was acknowledged so far. */
  get acked(): Acked {
    const firstLsn = this.#firstLsn;
    const records = this.#ackedLsn === 0 ? 0 : this.#ackedLsn - firstLsn + 1;
    const bytes = this.#ackedBytes;
    return { firstLsn, lastLsn: this.#ackedLsn, records, bytes };
  }

  /** Notes a record that was queued. */
  queued(lsn: number, bytes: number): void {
    if (this.#firstLsn === 0) this.#firstLsn = lsn;
    this.#queuedLsn = lsn;
    this.#queuedBytes += bytes;
  }

  /** Starts to wait for what is queued, unless it is waiting already. */
  watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#watch()
      .catch(this.#fail)
      .finally(() => {
        this.#watching = false;
      });
  }

  /** Notes that a flush has acknowledged everything. */
  settle(): void {
    this.#ackedLsn = this.#queuedLsn;
    this.#ackedBytes = this.#queuedBytes;
  }

  async #watch(): Promise<void> {
    while (this.#ackedLsn < this.#queuedLsn) {
      const lsn = this.#queuedLsn;
      const bytes = this.#queuedBytes;
      await this.#wal.settled(lsn, this.#level);
      this.#ackedLsn = lsn;
      this.#ackedBytes = bytes;
    }
  }
}
