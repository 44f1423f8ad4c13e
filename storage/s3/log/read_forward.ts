import { CorruptLogError } from "../../corrupt_log_error.ts";
import type { LogMeta } from "../../format/log_meta.ts";
import type { ObjectStore } from "../object_store.ts";
import type { LogIdentity } from "./log_identity.ts";
import { slotKey } from "./slot_keys.ts";
import {
  decodeSlot,
  decodeSlotHeader,
  SLOT_HEADER_BYTES,
  SLOT_KIND,
  SlotContent,
  type SlotFault,
  type SlotHeader,
} from "./slot_object.ts";
import { judgeSlot, restoreState, type RuleState } from "./slot_rule.ts";

/** Headers that are read at a time. */
const AT_ONCE = 16;

/**
 * Reads the headers of all slots after `state` up to `to`, and goes by the rule.
 * Throws a `CorruptLogError` if one is missing or damaged.
 *
 * It begins after the last slot that one of the objects says is settled. Slots
 * up to that one may have been removed since, and an opening that was paused may
 * have put a fence there, which does not belong to the log. Nor does a fence in a
 * slot that was listed, but not among `fences`.
 */
export async function readForward(
  store: ObjectStore,
  identity: LogIdentity,
  state: RuleState,
  to: number,
  fences?: ReadonlySet<number>,
): Promise<RuleState> {
  const headers: (SlotHeader | undefined)[] = [];
  while (state.slot + headers.length < to) {
    const from = state.slot + headers.length + 1;
    const length = Math.min(AT_ONCE, to - from + 1);
    const read = Array.from(
      { length },
      (_, index) => readHeader(store, identity, from + index),
    );
    headers.push(...await settleAll(read));
  }
  const isLate = (header: SlotHeader | undefined) =>
    header?.kind === SLOT_KIND.fence && fences?.has(header.slot) === false;
  let known = lastSettled(headers, state);
  for (const header of headers.slice(known.slot - state.slot)) {
    const slot = known.slot + 1;
    if (header === undefined || isLate(header)) {
      throw corrupt(store, slot, "missing");
    }
    const verdict = judgeSlot(known, header);
    if (verdict.kind === "corrupt") throw corrupt(store, slot, verdict.reason);
    known = verdict.state;
  }
  return known;
}

/** What is known after the last slot that is said to be settled. */
function lastSettled(
  headers: readonly (SlotHeader | undefined)[],
  state: RuleState,
): RuleState {
  let last = state;
  for (const header of headers) {
    if (header === undefined || header.kind === SLOT_KIND.fence) continue;
    if (header.settled.slot > last.slot) last = restoreState(header);
  }
  return last;
}

/**
 * Reads and checks the header of a slot's object; `undefined` if there is none.
 * Throws a `CorruptLogError` if it is damaged.
 */
export async function readHeader(
  store: ObjectStore,
  { id }: LogIdentity,
  slot: number,
): Promise<SlotHeader | undefined> {
  const range = { from: 0, to: SLOT_HEADER_BYTES };
  const found = await store.get(slotKey(slot), { range });
  if (found === undefined) return undefined;
  return intact(
    store,
    slot,
    decodeSlotHeader(found.bytes, id, slot, found.size),
  );
}

/** Reads the newest metadata, as of `state`; `undefined` if there is none. */
export async function readMeta(
  store: ObjectStore,
  { id }: LogIdentity,
  { metaSlot }: RuleState,
): Promise<LogMeta | undefined> {
  if (metaSlot === 0) return undefined;
  const found = await store.get(slotKey(metaSlot));
  if (found === undefined) throw corrupt(store, metaSlot, "missing");
  const object = intact(store, metaSlot, decodeSlot(found.bytes, id, metaSlot));
  const meta = object instanceof SlotContent ? object.meta : undefined;
  if (meta === undefined) throw corrupt(store, metaSlot, "without metadata");
  return meta;
}

/** Waits until all have settled, so that none outlives a failure. */
export async function settleAll<Answer>(
  promises: readonly Promise<Answer>[],
): Promise<Answer[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

function intact<Decoded extends object>(
  store: ObjectStore,
  slot: number,
  decoded: Decoded | SlotFault,
): Decoded {
  if ("fault" in decoded) throw corrupt(store, slot, decoded.fault);
  return decoded;
}

function corrupt(
  { location }: ObjectStore,
  slot: number,
  reason: string,
): CorruptLogError {
  return new CorruptLogError(`${location}/${slotKey(slot)}`, 0, reason);
}
