/**
 * Another owner has taken over the log; nothing more is acknowledged here.
 * It reaches callers as the `cause` of a `LogFailedError`.
 */
export class FencedError extends Error {
  /** The class's name. */
  override readonly name = "FencedError";

  /** Made by a frame log's `checkOwner`. */
  constructor(
    /** Where the log is. */
    readonly location: string,
    /** Epoch of the owner that was fenced. */
    readonly epoch: number,
  ) {
    super(
      `Cannot go on in "${location}" as its lock of ` +
        `epoch ${epoch} is gone: another owner took over, or it was removed`,
    );
  }
}
