/** An append that comes to a simulated log. */
export interface Arrival {
  /** The instant, in ms on the simulated log's clock. */
  readonly at: number;
  /** Bytes of the record, or of the records together, at least 0. */
  readonly bytes: number;
  /**
   * Records that share a frame, as `appendBatch` has it, an integer of at least
   * 1. Default 1.
   */
  readonly records?: number | undefined;
}
