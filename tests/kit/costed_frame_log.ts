import type { CostModel } from "../../simulator/costs.ts";
import type {
  CommitPipeline,
  FrameDraft,
  FrameLog,
  RecordBatch,
} from "../../storage/frame_log.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import type { EventClock } from "./event_clock.ts";

/** A commit in progress. */
interface Landing {
  readonly at: number;
  readonly resolve: () => void;
}

/**
 * A frame log that keeps nothing, and takes the time that a model says. One of
 * a depth above 1 has a pipeline.
 */
export class CostedFrameLog implements FrameLog {
  readonly firstLsn = 1;
  lastLsn = 0;
  readonly pipeline?: CommitPipeline;
  readonly #clock: EventClock;
  readonly #costs: CostModel;
  #lastBytes = 0;
  #syncs = 0;
  #isBusy = false;
  readonly #landings: Landing[] = [];

  constructor(clock: EventClock, costs: CostModel, depth = 1) {
    this.#clock = clock;
    this.#costs = costs;
    if (depth === 1) return;
    this.pipeline = { depth, commit: (frame) => this.#commit(frame) };
  }

  /** Whether a write, a sync or a commit is under way. */
  get isBusy(): boolean {
    return this.#isBusy || this.#landings.length > 0;
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

  /** Those that end at one instant resolve in one turn, in order. */
  #commit({ firstLsn, count, length }: FrameDraft): Promise<void> {
    this.lastLsn = firstLsn + count - 1;
    const sentAt = this.#clock.time + this.#costs.writeMs(length);
    const syncMs = this.#costs.syncMs(sentAt, length, this.#syncs++);
    const before = this.#landings.at(-1)?.at ?? 0;
    const at = Math.max(sentAt + syncMs, before);
    return new Promise<void>((resolve) => {
      this.#landings.push({ at, resolve });
      this.#clock.at(at, () => {
        while (this.#landings[0]?.at <= this.#clock.time) {
          this.#landings.shift()!.resolve();
        }
      });
    });
  }

  /** A call that takes no time returns at once. */
  #take(ms: number): MaybePromise<void> {
    if (ms === 0) return;
    this.#isBusy = true;
    return new Promise<void>((resolve) =>
      void this.#clock.after(ms, () => {
        this.#isBusy = false;
        resolve();
      })
    );
  }
}
