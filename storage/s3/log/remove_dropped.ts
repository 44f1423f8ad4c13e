import { removeObjects } from "./remove_objects.ts";
import type { OwnedLog } from "./shared_log.ts";
import {
  COMPACTED_PREFIX,
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
 * It goes from page to page of a listing, and remembers nothing: if it fails or
 * is ended, another call does the rest. Several calls may run at a time. Rejects
 * with the first error after it has tried all of a page.
 */
export async function removeDropped(
  log: OwnedLog,
  signal: AbortSignal,
): Promise<void> {
  const { firstLsn, firstSlot, metaSlot } = log.state;
  const end = Math.min(firstSlot, log.removableSlot + 1);
  await removeWhile(log, SLOT_PREFIX, signal, ({ key, size }) => {
    const slot = parseSlotKey(key);
    if (slot === undefined) return "keep";
    if (slot >= end) return "stop";
    return size === FENCE_BYTES || slot === metaSlot ? "keep" : "remove";
  });
  await removeWhile(log, COMPACTED_PREFIX, signal, ({ key }) => {
    const range = parseCompactedKey(key);
    if (range === undefined) return "keep";
    if (range.lastSlot >= firstSlot) return "stop";
    return range.lastLsn < firstLsn ? "remove" : "keep";
  });
}

/** Removes objects in the order of their keys, until it has to stop. */
async function removeWhile(
  { store }: OwnedLog,
  prefix: string,
  signal: AbortSignal,
  judge: (object: ListedObject) => "remove" | "keep" | "stop",
): Promise<void> {
  for (let after = "", isOver = false; !isOver;) {
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
