/** What is in a line of records, and what its bounds are. */
export interface Fullness {
  /** Records in it. */
  readonly records: number;
  /** Their bytes, with 4 for each record. */
  readonly bytes: number;
  /** Most records that it takes. */
  readonly maxRecords: number;
  /** Most bytes that it takes. */
  readonly maxBytes: number;
}

/**
 * There was no room, and nothing was queued: `enqueue` found the queue full, or
 * `append` found as many appends waiting for room as may wait.
 */
export class QueueFullError extends Error {
  /** The class's name. */
  override readonly name = "QueueFullError";
  /** Records in the queue, or waiting for room in it. */
  readonly records: number;
  /** Bytes in the queue, or waiting for room in it. */
  readonly bytes: number;

  /** Made by `enqueue`, `append` and `appendBatch`. */
  constructor(
    /** What found no room; `append` stands for `appendBatch`, too. */
    readonly action: "enqueue" | "append",
    { records, bytes, maxRecords, maxBytes }: Fullness,
  ) {
    const figures =
      `${records} of ${maxRecords} records, ${bytes} of ${maxBytes} bytes`;
    super(
      action === "enqueue"
        ? `Cannot enqueue a record as the queue is full (${figures}): await ` +
          "flush() first, or use append(), which waits"
        : `Cannot append as too many appends wait for room (${figures}): ` +
          "await earlier ones first, or raise maxWaitingRecords and " +
          "maxWaitingBytes",
    );
    this.records = records;
    this.bytes = bytes;
  }
}
