/** `enqueue` found no room in the queue; the record was not queued. */
export class QueueFullError extends Error {
  /** The class's name. */
  override readonly name = "QueueFullError";

  /** Made by `enqueue`. */
  constructor(
    /** Records in the queue. */
    readonly records: number,
    /** Bytes in the queue. */
    readonly bytes: number,
  ) {
    super(
      `Cannot enqueue a record as the queue is full with ${records} records ` +
        `of ${bytes} bytes: await flush() first, or use append(), which waits`,
    );
  }
}
