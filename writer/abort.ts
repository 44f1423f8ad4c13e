/** The calls that one signal can end, and their common listener. */
interface Watch {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls `call`, a function made for it, once `signal` is aborted, unless the
 * function that it returns is called before. A signal has one listener at a
 * time, whatever the number of calls: runtimes compare a new listener with all
 * that are there.
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const watch = watches.get(signal) ?? begin(signal);
  watch.calls.add(call);
  return () => {
    watch.calls.delete(call);
    if (watch.calls.size === 0) end(signal, watch);
  };
}

function begin(signal: AbortSignal): Watch {
  const calls = new Set<() => void>();
  const listener = () => {
    end(signal, watch);
    // A call that ends others removes them from the set.
    for (const call of calls) {
      calls.delete(call);
      call();
    }
  };
  const watch = { calls, listener };
  watches.set(signal, watch);
  signal.addEventListener("abort", listener);
  return watch;
}

function end(signal: AbortSignal, watch: Watch): void {
  if (watches.get(signal) !== watch) return;
  watches.delete(signal);
  signal.removeEventListener("abort", watch.listener);
}

/**
 * Settles as `promise` does, or rejects with the signal's reason if that is
 * aborted before.
 */
export function orAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const unwatch = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(unwatch);
  });
}

/**
 * An append was aborted too late: its record already had a place in the log.
 * The record is written even so, unless the log fails or the disk is full;
 * `settled(lsn)` waits for that. The signal's reason is the `cause`.
 */
export class AppendAbortedError extends Error {
  /** The class's name. */
  override readonly name = "AppendAbortedError";

  /** Thrown by `append` and `appendBatch`. */
  constructor(
    /** LSN of the record, or of the first record of the batch. */
    readonly lsn: number,
    reason: unknown,
  ) {
    super(
      `Cannot take back record ${lsn} because it already has a place in the ` +
        "log: it will be written, unless the log fails or the disk is full",
      { cause: reason },
    );
  }
}
