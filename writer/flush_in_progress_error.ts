import type { BlockingCalls } from "../storage/frame_log.ts";

/**
 * A call that blocks cannot flush everything, because something has to be done
 * first that takes turns of the event loop. The log goes on, and what could not
 * be written stays queued.
 */
export class FlushInProgressError extends Error {
  /** The class's name. */
  override readonly name = "FlushInProgressError";

  /** Thrown by `flushSync` and `closeSync`. */
  constructor(reason = "a write is in progress") {
    super(
      `Cannot flush without waiting because ${reason}: await flush() or ` +
        "close() instead",
    );
  }
}

/** Throws unless a frame can be written, and synced, at this moment. */
export function requireReady(blocking: BlockingCalls): void {
  const reason = blocking.refusal();
  if (reason !== undefined) throw new FlushInProgressError(reason);
}
