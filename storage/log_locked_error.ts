/** Another process, or this one, has the log open for writing. */
export class LogLockedError extends Error {
  /** The class's name. */
  override readonly name = "LogLockedError";

  /** Made by a storage's `lock`. */
  constructor(
    message: string,
    /** Where the log is. */
    readonly location: string,
    /** Process id of the owner, 0 if it is not known. */
    readonly pid: number,
  ) {
    super(message);
  }
}
