import type { Acknowledgements } from "./acks.ts";
import type { Clock } from "./clock.ts";

/** Up to which record a sync is called for beyond what batches ask for. */
export class SyncDemand {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #ask: () => void;
  #lsn = 0;
  #cancel: (() => void) | undefined;

  /** Written records stay unsynced for `intervalMs` at most; maybe for ever. */
  constructor(clock: Clock, intervalMs: number, ask: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#ask = ask;
  }

  /** Calls for a sync of `lsn`, once it is written. */
  raise(lsn: number): void {
    this.#lsn = Math.max(this.#lsn, lsn);
    this.#ask();
  }

  /** Calls no more for what lies behind `lsn`. */
  lower(lsn: number): void {
    this.#lsn = Math.min(this.#lsn, lsn);
  }

  /** Whether a batch that begins at `lsn` is to be synced. */
  reaches(lsn: number): boolean {
    return this.#lsn >= lsn;
  }

  /** Whether something written is to be synced now. */
  isDue({ writtenLsn, durableLsn }: Acknowledgements): boolean {
    return Math.min(this.#lsn, writtenLsn) > durableLsn;
  }

  /** Told after each flush how far the log has got. */
  update({ writtenLsn, durableLsn }: Acknowledgements): void {
    if (durableLsn >= writtenLsn) return this.cancel();
    if (this.#intervalMs === Infinity || this.#cancel !== undefined) return;
    this.#cancel = this.#clock.after(this.#intervalMs, () => {
      this.#cancel = undefined;
      this.raise(writtenLsn);
    });
  }

  /** Ends the wait, if there is one. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
