/** The last LSN that a log gives out, 2^53 - 1. */
export const LAST_LSN = Number.MAX_SAFE_INTEGER;

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
      `Cannot append ${records} more after record ${lastLsn} because LSNs end at ` +
        LAST_LSN,
    );
  }
}
