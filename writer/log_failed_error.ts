/**
 * A write or sync failed, so the log has stopped; `cause` is the failure.
 *
 * The outcome of the records above `durableLsn` is *indeterminate*: each may or
 * may not be there when the log is opened again, which is the only way to
 * continue. A failed sync is never retried, because the system may have dropped
 * the data and would then report success (Rebello and others, USENIX ATC 2020).
 */
export class LogFailedError extends Error {
  /** The class's name. */
  override readonly name = "LogFailedError";
  /** Records above `durableLsn` may or may not have survived. */
  readonly indeterminate = true;

  /** Created by the writer. */
  constructor(
    /** LSN up to which records are durable. */
    readonly durableLsn: number,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `Cannot continue because the log has failed: ${reason}. Records after ` +
        `LSN ${durableLsn} may or may not have survived; open the log again`,
      { cause },
    );
  }
}
