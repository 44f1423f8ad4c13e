import { type ObjectStore, ObjectStoreError } from "./object_store.ts";
import type { RetryClock, RetryingStore } from "./retrying_store.ts";

/** What a rule is checked with. */
export interface RuleBench {
  /** Each is a way to the same place; the first is the one to certify. */
  readonly stores: readonly RetryingStore[];
  /** The same without tries again. */
  readonly bare: readonly ObjectStore[];
  /** How many keys to race for. */
  readonly keys: number;
  /** How many try to create each. */
  readonly racers: number;
  /** What limits a try, in ms. */
  readonly tryMs: number;
  /** What measures it. */
  readonly clock: RetryClock;
  /** Ends it. */
  readonly signal: AbortSignal | undefined;
}

let made = 0;

/** An id that no other object has. */
export function newId(): string {
  return `${crypto.randomUUID()}-${++made}`;
}

/**
 * One try to create an object, by the way number `way`: unlike
 * `RetryingStore.create`, it does not look up whose object is in the way. It is
 * repeated only if no answer came.
 */
export async function tryToCreate(
  { bare, stores, tryMs, clock, signal }: RuleBench,
  way: number,
  key: string,
  bytes: Uint8Array,
  id: string,
): Promise<"created" | "exists"> {
  signal?.throwIfAborted();
  const nth = way % stores.length;
  const controller = new AbortController();
  const giveUp = () => controller.abort(signal?.reason);
  const cancel = clock.after(tryMs, giveUp);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    const options = { id, signal: controller.signal };
    return await bare[nth].create(key, bytes, options);
  } catch (error) {
    const isKnown = error instanceof ObjectStoreError ||
      controller.signal.aborted;
    if (!isKnown) throw error;
  } finally {
    cancel();
    signal?.removeEventListener("abort", giveUp);
  }
  return await stores[nth].create(key, bytes, { id, signal });
}

/**
 * Resolves as `Promise.all` does, but rejects only when all have ended: nothing
 * may be created after what was created is removed.
 */
export async function allEnded<Calls extends readonly Promise<unknown>[]>(
  calls: readonly [...Calls],
): Promise<{ -readonly [Nth in keyof Calls]: Awaited<Calls[Nth]> }> {
  await Promise.allSettled(calls);
  return await Promise.all(calls);
}
