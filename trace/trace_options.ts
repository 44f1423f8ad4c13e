/** Where a log's trace goes; see `WalOptions`. */
export interface TraceOptions {
  /**
   * Takes some whole lines of the trace, each with its newline. It is called
   * between turns of the event loop, never while an append or a flush is under
   * way, and not again before a promise that it returned is settled. If it
   * throws or rejects, the log warns and the trace ends; the log goes on.
   */
  readonly write: (lines: string) => void | Promise<void>;
  /** Where the trace stops, in characters, at least 1. Default 67,108,864. */
  readonly maxBytes?: number;
}
