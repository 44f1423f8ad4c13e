import type { ListedObject, ObjectStore } from "../object_store.ts";
import type { ListedRange } from "./compacted_ranges.ts";
import {
  CLAIM_PREFIX,
  LOG_KEY,
  parseCompactedKey,
  parseCursorKey,
  parseNumberedKey,
  parseSlotKey,
} from "./slot_keys.ts";
import { FENCE_BYTES } from "./slot_object.ts";

/** The object of a slot, as a listing shows it. */
export interface ListedSlot {
  /** Its slot. */
  readonly slot: number;
  /** Its key. */
  readonly key: string;
  /** Its size in bytes. */
  readonly size: number;
  /** Whether it is a fence. */
  readonly isFence: boolean;
}

/** The objects of a log, as a listing shows them. */
export interface ObjectSurvey {
  /** Whether there is an object that says which log it is. */
  readonly hasIdentity: boolean;
  /** The highest epoch that is claimed; 0 if none is. */
  readonly epoch: number;
  /** Number of openings that claimed an epoch. */
  readonly claims: number;
  /** In ascending order. */
  readonly slots: readonly ListedSlot[];
  /** In ascending order of their last slots. */
  readonly compacted: readonly ListedRange[];
  /** Number of commits to cursors. */
  readonly commits: number;
  /** Keys that mean nothing to a log. */
  readonly strays: readonly string[];
  /** Bytes of all objects. */
  readonly bytes: number;
}

/** Lists all objects in the place of a log. */
export async function surveyObjects(
  store: ObjectStore,
  signal?: AbortSignal,
): Promise<ObjectSurvey> {
  const slots: ListedSlot[] = [];
  const compacted: ListedRange[] = [];
  const strays: string[] = [];
  let [epoch, claims, commits, bytes] = [0, 0, 0, 0];
  let hasIdentity = false;
  for await (const { key, size } of listAll(store, signal)) {
    bytes += size;
    const slot = parseSlotKey(key);
    const claim = parseNumberedKey(CLAIM_PREFIX, key);
    const range = parseCompactedKey(key);
    if (slot !== undefined) {
      slots.push({ slot, key, size, isFence: size === FENCE_BYTES });
    } else if (claim !== undefined) {
      epoch = Math.max(epoch, claim);
      claims++;
    } else if (range !== undefined) compacted.push({ ...range, key, size });
    else if (parseCursorKey(key) !== undefined) commits++;
    else if (key === LOG_KEY) hasIdentity = true;
    else strays.push(key);
  }
  return {
    ...{ hasIdentity, epoch, claims, slots, compacted, commits },
    ...{ strays, bytes },
  };
}

/** All objects, in the order of their keys, page by page. */
async function* listAll(
  store: ObjectStore,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  let after: string | undefined;
  while (true) {
    const { objects, isTruncated } = await store.list({ after, signal });
    yield* objects;
    const last = objects.at(-1);
    if (!isTruncated || last === undefined) return;
    after = last.key;
  }
}
