import type { CostModel } from "../../simulator/costs.ts";
import type {
  FrameDraft,
  FrameLog,
  RecordBatch,
} from "../../storage/frame_log.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import type { Clock } from "../../writer/clock.ts";

/** A frame log that keeps nothing, and takes the time that a model says. */
export class CostedFrameLog implements FrameLog {
  readonly firstLsn = 1;
  lastLsn = 0;
  /** Whether a write or a sync is under way. */
  isBusy = false;
  readonly #clock: Clock;
  readonly #costs: CostModel;
  #lastBytes = 0;
  #syncs = 0;

  constructor(clock: Clock, costs: CostModel) {
    this.#clock = clock;
    this.#costs = costs;
  }

  append({ firstLsn, count, length }: FrameDraft): MaybePromise<void> {
    this.lastLsn = firstLsn + count - 1;
    this.#lastBytes = length;
    return this.#take(this.#costs.writeMs(length));
  }

  sync(): MaybePromise<void> {
    const now = this.#clock.now();
    return this.#take(
      this.#costs.syncMs(now, this.#lastBytes, this.#syncs++),
    );
  }

  checkOwner(): void {}

  async *read(): AsyncGenerator<RecordBatch> {}

  async truncateBefore(): Promise<void> {}

  async close(): Promise<void> {}

  /** A call that takes no time returns at once. */
  #take(ms: number): MaybePromise<void> {
    if (ms === 0) return;
    this.isBusy = true;
    return new Promise<void>((resolve) =>
      void this.#clock.after(ms, () => {
        this.isBusy = false;
        resolve();
      })
    );
  }
}
