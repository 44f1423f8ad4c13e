import { CorruptLogError } from "../../corrupt_log_error.ts";
import type { LogMeta } from "../../format/log_meta.ts";
import type { ObjectStore } from "../object_store.ts";
import type { LogIdentity } from "./log_identity.ts";
import { slotKey } from "./slot_keys.ts";
import {
  decodeSlot,
  decodeSlotHeader,
  SLOT_HEADER_BYTES,
  SlotContent,
  type SlotFault,
  type SlotHeader,
} from "./slot_object.ts";
import { judgeSlot, type RuleState } from "./slot_rule.ts";

/** Headers that are read at a time. */
const AT_ONCE = 16;

/**
 * Reads the headers of all slots after `state` up to `to`, and goes by the rule.
 * Throws a `CorruptLogError` if one is missing or damaged.
 */
export async function readForward(
  store: ObjectStore,
  identity: LogIdentity,
  state: RuleState,
  to: number,
): Promise<RuleState> {
  let known = state;
  while (known.slot < to) {
    const length = Math.min(AT_ONCE, to - known.slot);
    const from = known.slot + 1;
    const headers = await settleAll(
      Array.from(
        { length },
        (_, index) => readHeader(store, identity, from + index),
      ),
    );
    for (const [index, header] of headers.entries()) {
      if (header === undefined) throw corrupt(store, from + index, "missing");
      const verdict = judgeSlot(known, header);
      if (verdict.kind === "corrupt") {
        throw corrupt(store, from + index, verdict.reason);
      }
      known = verdict.state;
    }
  }
  return known;
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
