import type { FrameLog, RecordBatch } from "../../storage/frame_log.ts";

/** A log that keeps nothing, so that only what stands above it costs. */
export class NullFrameLog implements FrameLog {
  readonly lastLsn = 0;
  readonly firstLsn = 1;

  /** Forgets the frame. */
  append(): void {}

  /** Says that it did. */
  sync(): void {}

  /** Nobody else wants it. */
  checkOwner(): void {}

  /** Nothing is there. */
  async *read(): AsyncGenerator<RecordBatch> {}

  /** Nothing is to be dropped. */
  truncateBefore(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing is to be freed. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
