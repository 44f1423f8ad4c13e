import type { FrameLog, RecordBatch } from "../../storage/frame_log.ts";

/** A log that discards everything, so that only the layers above it cost. */
export class NullFrameLog implements FrameLog {
  readonly lastLsn = 0;
  readonly firstLsn = 1;

  /** Discards the frame. */
  append(): void {}

  /** Has nothing to sync. */
  sync(): void {}

  /** Has no other owner. */
  checkOwner(): void {}

  /** Has no records. */
  async *read(): AsyncGenerator<RecordBatch> {}

  /** Has nothing to drop. */
  truncateBefore(): Promise<void> {
    return Promise.resolve();
  }

  /** Has nothing to release. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
