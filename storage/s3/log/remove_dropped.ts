import { removeObjects } from "./remove_objects.ts";
import type { OwnedLog } from "./shared_log.ts";
import {
  COMPACTED_PREFIX,
  numberedKey,
  parseCompactedKey,
  parseSlotKey,
  SLOT_PREFIX,
} from "./slot_keys.ts";
import { FENCE_BYTES } from "./slot_object.ts";
import type { ListedObject } from "../object_store.ts";

/**
 * Removes what a log has dropped, according to its state when this is called:
 * slots before the first one, and compacted objects whose records are all
 * dropped, and what crashes have left of both. Fences stay forever: an owner
 * that was paused would find its slot free, and take it.
 *
 * It goes from page to page of a listing: if it fails or is ended, another call
 * does the rest. Several calls may run at a time. Resolves with the slot after
 * which the next call may begin, as `after`: of those up to it, only fences are
 * left, of which there may be many. Rejects with the first error after it has
 * tried all of a page.
 */
export async function removeDropped(
  log: OwnedLog,
  signal: AbortSignal,
  after = 0,
): Promise<number> {
  const { firstLsn, firstSlot, metaSlot } = log.state;
  const end = Math.min(firstSlot, log.removableSlot + 1);
  await removeWhile(log, SLOT_PREFIX, after, signal, ({ key, size }) => {
    const slot = parseSlotKey(key);
    if (slot === undefined) return "keep";
    if (slot >= end) return "stop";
    return size === FENCE_BYTES || slot === metaSlot ? "keep" : "remove";
  });
  await removeWhile(log, COMPACTED_PREFIX, 0, signal, ({ key }) => {
    const range = parseCompactedKey(key);
    if (range === undefined) return "keep";
    if (range.lastSlot >= firstSlot) return "stop";
    return range.lastLsn < firstLsn ? "remove" : "keep";
  });
  const kept = metaSlot > after ? Math.min(metaSlot, end) : end;
  return Math.max(after, kept - 1);
}

/** Removes objects in the order of their keys, until it has to stop. */
async function removeWhile(
  { store }: OwnedLog,
  prefix: string,
  from: number,
  signal: AbortSignal,
  judge: (object: ListedObject) => "remove" | "keep" | "stop",
): Promise<void> {
  for (let after = numberedKey(prefix, from), isOver = false; !isOver;) {
    const page = await store.list({ prefix, after, signal });
    const keys: string[] = [];
    for (const object of page.objects) {
      const verdict = judge(object);
      isOver ||= verdict === "stop";
      if (isOver) break;
      if (verdict === "remove") keys.push(object.key);
    }
    await removeObjects(store, keys, signal);
    isOver ||= !page.isTruncated;
    after = page.objects.at(-1)?.key ?? "";
  }
}
