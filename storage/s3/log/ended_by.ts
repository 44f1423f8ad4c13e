import type { ObjectStore } from "../object_store.ts";

/** The same store; `signal` ends the calls that name no other signal. */
export function endedBy(store: ObjectStore, signal: AbortSignal): ObjectStore {
  return {
    location: store.location,
    create: (key, bytes, options) =>
      store.create(key, bytes, { signal, ...options }),
    get: (key, options) => store.get(key, { signal, ...options }),
    head: (key, options) => store.head(key, { signal, ...options }),
    list: (options) => store.list({ signal, ...options }),
    remove: (key, options) => store.remove(key, { signal, ...options }),
  };
}
