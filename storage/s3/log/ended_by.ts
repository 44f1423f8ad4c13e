import type { ObjectCallOptions, ObjectStore } from "../object_store.ts";

/** The same store; `signal` ends the calls that name no other signal. */
export function endedBy(store: ObjectStore, signal: AbortSignal): ObjectStore {
  // One listener for all: Node warns if a signal has more than ten.
  const calls = new Set<AbortController>();
  const end = () => calls.forEach((call) => call.abort(signal.reason));
  signal.addEventListener("abort", end, { once: true });

  async function endable<Options extends ObjectCallOptions, Answer>(
    options: Options | undefined,
    call: (options: Options) => Promise<Answer>,
  ): Promise<Answer> {
    const controller = new AbortController();
    if (signal.aborted) controller.abort(signal.reason);
    calls.add(controller);
    const own = options?.signal ?? controller.signal;
    try {
      return await call({ ...options, signal: own } as Options);
    } finally {
      calls.delete(controller);
    }
  }

  return {
    location: store.location,
    create: (key, bytes, options) =>
      endable(options, (options) => store.create(key, bytes, options)),
    get: (key, options) =>
      endable(options, (options) => store.get(key, options)),
    head: (key, options) =>
      endable(options, (options) => store.head(key, options)),
    list: (options) => endable(options, (options) => store.list(options)),
    remove: (key, options) =>
      endable(options, (options) => store.remove(key, options)),
  };
}
