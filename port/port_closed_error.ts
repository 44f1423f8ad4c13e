/**
 * The port is closed, or was cut off: the thread that has the log ended, or it
 * closed the port because of a message that it could not read.
 *
 * The outcome of calls that were in progress when a port was cut off is
 * *indeterminate*: each record may or may not be in the log.
 */
export class PortClosedError extends Error {
  /** The class's name. */
  override readonly name = "PortClosedError";

  /** Thrown by every method of a closed port. */
  constructor(
    action: string,
    /** Whether it was cut off, and not closed by `WalPort.close`. */
    readonly isCutOff: boolean,
  ) {
    const reason = isCutOff
      ? "the thread of the log has ended: what was not acknowledged may or " +
        "may not be in the log"
      : "the port is closed";
    super(`Cannot ${action} because ${reason}`);
  }
}
