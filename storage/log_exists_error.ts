/** Thrown if a new log would begin where one exists; nothing was changed. */
export class LogExistsError extends Error {
  /** The class's name. */
  override readonly name = "LogExistsError";

  /** Creates the error for an opening with `firstLsn`. */
  constructor(
    /** Where the log is. */
    readonly location: string,
    /** LSN of the first record of the new log. */
    readonly firstLsn: number,
  ) {
    super(
      `Cannot begin a log at record ${firstLsn} because "${location}" holds ` +
        "one already: open it without firstLsn, or choose another directory " +
        "for the new one",
    );
  }
}
