/** A new log was to begin where there is one already; nothing was changed. */
export class LogExistsError extends Error {
  /** The class's name. */
  override readonly name = "LogExistsError";

  /** Made on opening with `firstLsn`. */
  constructor(
    /** Where the log is. */
    readonly location: string,
    /** LSN that the new log's first record was to have. */
    readonly firstLsn: number,
  ) {
    super(
      `Cannot begin a log at record ${firstLsn} because "${location}" holds ` +
        "one: open it without firstLsn, or give the new one a directory of " +
        "its own",
    );
  }
}
