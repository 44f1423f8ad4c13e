import type {
  FrameDraft,
  FrameLog,
  RecordBatch,
} from "../../storage/frame_log.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import type { Clock } from "../../writer/clock.ts";

/** What is noted about a frame. */
export interface NotedFrame {
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** LSN of the last record. */
  readonly lastLsn: number;
  /** Bytes of the records, including their lengths. */
  readonly bytes: number;
  /** When it was appended, in ms. */
  readonly at: number;
}

/** A frame log that keeps no records, and whose syncs take time. */
export class TimedFrameLog implements FrameLog {
  /** All frames, in order. */
  readonly frames: NotedFrame[] = [];
  /** Never rises, because nothing is truncated. */
  readonly firstLsn = 1;
  /** LSN up to which records are written. */
  lastLsn = 0;
  /** LSN up to which a sync that began after the write has completed. */
  syncedLsn = 0;
  readonly #clock: Clock;
  readonly #syncMs: number;

  /** An empty log; its syncs complete at once if they take no time. */
  constructor(clock: Clock, syncMs: number) {
    this.#clock = clock;
    this.#syncMs = syncMs;
  }

  append({ firstLsn, count, length: bytes }: FrameDraft): void {
    this.lastLsn = firstLsn + count - 1;
    const at = this.#clock.now();
    this.frames.push({ firstLsn, lastLsn: this.lastLsn, bytes, at });
  }

  sync(): MaybePromise<void> {
    const covered = this.lastLsn;
    const done = () => void (this.syncedLsn = covered);
    if (this.#syncMs === 0) return done();
    return new Promise<void>((resolve) =>
      void this.#clock.after(this.#syncMs, resolve)
    ).then(done);
  }

  checkOwner(): void {}

  async *read(): AsyncGenerator<RecordBatch> {}

  async truncateBefore(): Promise<void> {}

  async close(): Promise<void> {}
}
