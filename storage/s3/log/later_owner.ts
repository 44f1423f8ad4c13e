import { laterClaim } from "./find_end.ts";
import { readHeader } from "./read_forward.ts";
import type { SharedLog } from "./shared_log.ts";
import { parseSlotKey, SLOT_PREFIX, slotKey } from "./slot_keys.ts";
import { FENCE_BYTES } from "./slot_object.ts";

/**
 * The epoch of a later opening that may own the log of this owner by now, if
 * there is one. It costs one listing if no later epoch is claimed.
 *
 * A claim alone changes nothing: the opening may have ended right after it. Who
 * owns a log has put a fence after all that former owners know to be settled, and
 * that fence stays.
 */
export async function laterOwner(
  { store, identity, state }: Omit<SharedLog, "meta">,
): Promise<number | undefined> {
  if (await laterClaim(store, state.epoch) === undefined) return undefined;
  const options = { prefix: SLOT_PREFIX, after: slotKey(state.slot) };
  const { objects } = await store.list(options);
  for (const { key, size } of objects) {
    const slot = parseSlotKey(key);
    if (size !== FENCE_BYTES || slot === undefined) continue;
    const epoch = (await readHeader(store, identity, slot))?.epoch ?? 0;
    if (epoch > state.epoch) return epoch;
  }
}
