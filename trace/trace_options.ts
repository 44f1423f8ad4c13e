/** Where a log's trace goes; see `WalOptions`. */
export interface TraceOptions {
  /**
   * Takes some whole lines of the trace, each with its newline. It is called at
   * the end of a turn of the event loop, never from within a call of the log
   * but `close`, and not again before a promise that it returned is settled. If
   * it throws or rejects, the log warns and the trace ends; the log goes on.
   *
   * `close` does not wait for such a promise: the trace's last lines may come
   * after it has resolved.
   */
  readonly write: (lines: string) => void | Promise<void>;
  /** Where the trace stops, in characters, at least 1. Default 67,108,864. */
  readonly maxBytes?: number | undefined;
}
