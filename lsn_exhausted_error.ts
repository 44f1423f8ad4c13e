/**
 * The last LSN that a log gives out, 2^53 - 2: the one after it, which names
 * where the log goes on, has to be a safe integer, too.
 */
export const LAST_LSN = Number.MAX_SAFE_INTEGER - 1;

/** No LSN is left for what was to be appended; nothing was queued. */
export class LsnExhaustedError extends RangeError {
  /** The class's name. */
  override readonly name = "LsnExhaustedError";

  /** Made by `append`, `appendBatch` and `enqueue`. */
  constructor(
    /** Number of records that were to be appended. */
    readonly records: number,
    /** LSN of the last record that has one, or waits for it. */
    readonly lastLsn: number,
  ) {
    super(
      `Cannot append ${records} more after record ${lastLsn} as LSNs end at ` +
        LAST_LSN,
    );
  }
}
