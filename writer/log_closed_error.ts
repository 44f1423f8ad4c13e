/** The log is closed, or is being closed. */
export class LogClosedError extends Error {
  /** The class's name. */
  override readonly name = "LogClosedError";

  /** Thrown by every method of a closed log. */
  constructor(action: string) {
    super(`Cannot ${action} because the log is closed`);
  }
}
