/** Options of `NodeStorage` and `DenoStorage`. */
export interface FileStorageOptions {
  /**
   * Where syncs are made:
   *
   * - `"auto"` (default): as they turn out to cost, anew as that changes;
   * - `"blocking"`: on the calling thread, which is the fastest where a sync
   *   takes well under a millisecond, but the event loop stands still meanwhile;
   * - `"threaded"`: on the runtime's thread pool, which costs some 40 us to hand
   *   over, and is right where a sync takes milliseconds.
   *
   * Writes are always made on the calling thread: the system takes them to
   * memory.
   */
  io?: "auto" | "blocking" | "threaded" | undefined;
}
