import { CutHistory } from "../storage/format/mod.ts";
import type { BatchQueue } from "./batch.ts";
import type { LiveTail } from "./live_tail.ts";

/** Those who read a log while it is written, and what they see of it. */
export class Readers {
  readonly #queue: BatchQueue;
  /** Places to which records were taken back: for lack of space, or by a cut. */
  readonly cuts: CutHistory = new CutHistory();
  /** What those who follow the log see of its end, once it is loaded. */
  tail: LiveTail | undefined;

  /** Nobody yet; the next records come from `queue`. */
  constructor(queue: BatchQueue) {
    this.#queue = queue;
  }

  /** Makes that, if it is not there. */
  showTail(Tail: typeof LiveTail): void {
    this.tail ??= new Tail(this.#queue);
  }

  /** The records after `lastLsn` no longer count. */
  cutBack(lastLsn: number): void {
    this.cuts.add(lastLsn);
    this.tail?.cut(lastLsn);
  }
}
