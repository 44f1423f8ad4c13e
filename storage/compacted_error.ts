/** Records below `firstLsn` were dropped by `truncateBefore`. */
export class CompactedError extends RangeError {
  /** The class's name. */
  override readonly name = "CompactedError";

  /** Made by whoever is asked for a record that is gone. */
  constructor(
    /** LSN of the record that was asked for. */
    readonly lsn: number,
    /** LSN of the oldest record that is kept, or of the next one to come. */
    readonly firstLsn: number,
  ) {
    super(
      `Cannot read record ${lsn} because it was dropped by a checkpoint: the ` +
        `oldest record kept is ${firstLsn}`,
    );
  }
}
