/** A record, or a batch, is larger than a frame may be; nothing was queued. */
export class RecordTooLargeError extends RangeError {
  /** The class's name. */
  override readonly name = "RecordTooLargeError";

  /** Made by `append`, `enqueue` and `appendBatch`. */
  constructor(
    /** Bytes of the record, or of the batch with 4 for each record. */
    readonly bytes: number,
    /** Most bytes that are accepted. */
    readonly limitBytes: number,
  ) {
    super(
      `Cannot append ${bytes} bytes at once as a frame holds at most ` +
        `${limitBytes}`,
    );
  }
}
