import type { ObjectStore } from "../object_store.ts";

/** Requests at a time. */
const AT_ONCE = 8;

/**
 * Removes objects, several at a time. If some cannot be removed, it goes on with
 * the others, and rejects with the first error.
 */
export async function removeObjects(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const left = keys.values();
  const errors: unknown[] = [];
  const removeSome = async () => {
    for (const key of left) {
      if (signal.aborted) return;
      await store.remove(key, { signal }).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, removeSome));
  signal.throwIfAborted();
  if (errors.length > 0) throw errors[0];
}
