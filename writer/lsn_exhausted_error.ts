/** The last LSN that a log can assign, 2^53 - 1. */
export const LAST_LSN = Number.MAX_SAFE_INTEGER;

/** No LSNs are left for these records; nothing was queued. */
export class LsnExhaustedError extends RangeError {
  /** The class's name. */
  override readonly name = "LsnExhaustedError";

  /** Thrown by `append`, `appendBatch` and `enqueue`. */
  constructor(
    /** Number of records that could not be appended. */
    readonly records: number,
    /** The last LSN already assigned, or promised to a waiting append. */
    readonly lastLsn: number,
  ) {
    super(
      `Cannot append ${records} more after record ${lastLsn} because LSNs ` +
        `end at ${LAST_LSN}`,
    );
  }
}
