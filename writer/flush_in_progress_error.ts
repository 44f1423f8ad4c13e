/**
 * A call that blocks cannot flush, because a call is in progress that only
 * later turns of the event loop can end; nothing was written.
 */
export class FlushInProgressError extends Error {
  /** The class's name. */
  override readonly name = "FlushInProgressError";

  /** Thrown by `flushSync` and `closeSync`. */
  constructor() {
    super(
      "Cannot flush without waiting because a write is in progress: await " +
        "flush() or close() instead",
    );
  }
}
