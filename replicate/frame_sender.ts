import type { FrameDraft, FrameLog } from "../storage/frame_log.ts";

/** Sends frames to a log, several at a time if it can. */
export class FrameSender {
  /** Most frames in flight. */
  readonly depth: number;
  readonly #log: FrameLog;

  /** Sends to `log`. */
  constructor(log: FrameLog) {
    this.#log = log;
    this.depth = log.pipeline?.depth ?? 1;
  }

  /**
   * Resolves once a frame is there, and nobody had taken over before that. At
   * most `depth` calls may be in progress.
   */
  async send(frame: FrameDraft): Promise<void> {
    const log = this.#log;
    if (log.pipeline !== undefined) return await log.pipeline.commit(frame);
    await log.append(frame);
    await log.sync();
    await log.checkOwner();
  }
}
