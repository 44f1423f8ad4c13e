import { CorruptLogError } from "../../corrupt_log_error.ts";
import type { ObjectStore } from "../object_store.ts";
import { CompactedRanges, type ListedRange } from "./compacted_ranges.ts";
import type { SharedLog } from "./shared_log.ts";
import { SlotIndex, type SlotPlace } from "./slot_index.ts";
import { slotKey } from "./slot_keys.ts";
import {
  decodeSlotHeader,
  emptyState,
  SLOT_HEADER_BYTES,
  SLOT_KIND,
  type SlotHeader,
} from "./slot_object.ts";
import {
  judgeSlot,
  restoreState,
  type RuleState,
  stateBeforeFirst,
} from "./slot_rule.ts";

/** Slots between two places that are read rather than searched. */
const FEW_SLOTS = 4;

/** How often a search begins again because slots vanish meanwhile. */
const MOST_TRIES = 10;

/** Finds the slots of records, with a bounded memory of what was seen. */
export class SlotLookup {
  readonly #log: SharedLog;
  readonly #store: ObjectStore;
  /** The compacted objects. */
  readonly ranges: CompactedRanges;
  /** Places that were seen. */
  readonly index: SlotIndex = new SlotIndex();

  /** Makes no call. */
  constructor(log: SharedLog) {
    this.#log = log;
    this.#store = log.store;
    this.ranges = new CompactedRanges(log.store, log.identity.id);
  }

  /**
   * A place before record `lsn` from which it is not far: within the compacted
   * object that begins there, or a few slots later. The record is in the log.
   * Rejects with a `CorruptLogError` if slots are damaged or missing, which may
   * be because they were dropped.
   */
  async find(lsn: number, signal?: AbortSignal): Promise<SlotPlace> {
    for (let tries = 1;; tries++) {
      const { firstSlot } = this.#log.state;
      const found = await this.#find(lsn, signal);
      if (typeof found === "object") return found;
      this.ranges.forget();
      const range = await this.ranges.from(found, signal);
      const isThere = range !== undefined && range.firstSlot <= found;
      const isDropped = this.#log.state.firstSlot > firstSlot;
      if (!isThere && !isDropped || tries === MOST_TRIES) {
        throw this.corrupt(slotKey(found), `slot ${found} is missing`);
      }
      if (isThere && range.firstLsn <= lsn && lsn <= range.lastLsn) {
        return beginningOf(range);
      }
    }
  }

  /**
   * The slot from which on record `lsn` and all later ones are found, for a
   * mark that drops those before; the record is in the log, or the next one.
   */
  async firstSlotFor(lsn: number, signal?: AbortSignal): Promise<number> {
    try {
      return await this.#firstSlotFor(lsn, signal);
    } catch (error) {
      const { firstLsn, firstSlot } = this.#log.state;
      if (lsn > firstLsn) throw error;
      // More has been dropped meanwhile.
      return firstSlot;
    }
  }

  async #firstSlotFor(
    lsn: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { lastLsn, firstLsn, firstSlot } = this.#log.state;
    if (lastLsn < firstLsn) return firstSlot;
    // Where all is dropped, the last record tells where the next one will be.
    const kept = Math.min(lsn, lastLsn);
    const place = await this.find(kept, signal);
    const range = await this.ranges.from(place.slot + 1, signal);
    if (range !== undefined && range.firstSlot <= place.slot + 1) {
      return range.firstSlot;
    }
    let known: RuleState = { ...emptyState(1), ...place };
    for (;;) {
      const next = known.slot + 1;
      const header = await this.#header(next, signal);
      // It has been compacted meanwhile.
      if (header === undefined) return place.slot + 1;
      if (!await this.isInPlace(known, header, signal)) return place.slot + 1;
      const verdict = judgeSlot(known, header);
      if (verdict.kind === "corrupt") {
        throw this.corrupt(slotKey(next), verdict.reason);
      }
      known = verdict.state;
      if (known.lastLsn >= kept) return next;
    }
  }

  /**
   * Whether an object that was read after `place` is part of the log. An opening
   * that was paused may put a fence where a slot was removed, and to go by it
   * would make what follows void. What has been dropped must be known.
   */
  async isInPlace(
    place: SlotPlace,
    { kind, epoch, slot }: SlotHeader,
    signal?: AbortSignal,
  ): Promise<boolean> {
    if (kind !== SLOT_KIND.fence || epoch <= place.epoch) return true;
    return slot >= this.#log.state.firstSlot &&
      !await this.isCompacted(slot, slot, signal);
  }

  /** Whether there is a compacted object with one of these slots by now. */
  async isCompacted(
    firstSlot: number,
    lastSlot: number,
    signal?: AbortSignal,
  ): Promise<boolean> {
    this.ranges.forget();
    const range = await this.ranges.from(firstSlot, signal);
    return range !== undefined && range.firstSlot <= lastSlot;
  }

  /** The error for an object that is damaged. */
  corrupt(key: string, reason: string, offset = 0): CorruptLogError {
    const path = `${this.#store.location}/${key}`;
    return new CorruptLogError(path, offset, reason);
  }

  /** Resolves with a number if that slot is missing. */
  async #find(
    lsn: number,
    signal: AbortSignal | undefined,
  ): Promise<SlotPlace | number> {
    const { slot, firstSlot } = this.#log.state;
    let high = this.index.after(lsn)?.slot ?? slot;
    let low = this.index.before(lsn);
    // What follows it may have been removed.
    if (low !== undefined && low.slot + 1 < firstSlot) low = undefined;
    if (low !== undefined && isNear(low, lsn, high)) return low;
    const first = low?.slot ?? firstSlot - 1;
    const { before, after } = await this.ranges.around(
      lsn,
      first,
      high,
      signal,
    );
    if (after !== undefined) {
      if (after.firstLsn <= lsn) return beginningOf(after);
      high = Math.min(high, after.firstSlot - 1);
    }
    if (before !== undefined && before.lastSlot > first) {
      low = await this.#endOf(before, signal);
      if (low === undefined) return before.lastSlot;
    }
    low ??= await this.beginning(signal);
    return low === undefined ? first + 1 : this.#narrow(lsn, low, high, signal);
  }

  /** Halves the slots between two places, as often as is worth it. */
  async #narrow(
    lsn: number,
    from: SlotPlace,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<SlotPlace | number> {
    let [low, high] = [from, to];
    while (!isNear(low, lsn, high)) {
      const middle = low.slot + Math.floor((high - low.slot) / 2);
      let place: SlotPlace | undefined;
      // Fences say nothing.
      for (let probe = middle; probe < high && !place; probe++) {
        const header = await this.#header(probe, signal);
        if (header === undefined) return probe;
        if (header.kind !== SLOT_KIND.fence) place = restoreState(header);
      }
      if (place === undefined) high = middle;
      else if (place.lastLsn >= lsn) high = Math.min(middle, place.slot);
      else if (place.slot > low.slot) this.index.note(low = place);
      else break;
    }
    return low;
  }

  /** The place after a compacted object; `undefined` if that is gone. */
  async #endOf(
    range: ListedRange,
    signal: AbortSignal | undefined,
  ): Promise<SlotPlace | undefined> {
    const head = await this.ranges.head(range, signal);
    if (head === undefined) return undefined;
    const { lastSlot: slot, lastLsn, epoch } = head;
    this.index.note({ slot, lastLsn, epoch });
    return { slot, lastLsn, epoch };
  }

  /** The first place of all; `undefined` if the slot there is missing. */
  async beginning(
    signal?: AbortSignal,
  ): Promise<SlotPlace | undefined> {
    // It may change meanwhile.
    const { state } = this.#log;
    const { firstSlot } = state;
    if (firstSlot === 1) {
      const lastLsn = this.#log.identity.firstLsn - 1;
      return { slot: 0, lastLsn, epoch: 0 };
    }
    const range = await this.ranges.from(firstSlot, signal);
    if (range !== undefined && range.firstSlot <= firstSlot) {
      return beginningOf(range);
    }
    const header = await this.#header(firstSlot, signal);
    // A fence is where that slot was removed: what was there counted.
    if (header === undefined || header.kind === SLOT_KIND.fence) {
      return undefined;
    }
    return stateBeforeFirst(state, header);
  }

  /** A slot's header; `undefined` if it is missing. */
  async #header(
    slot: number,
    signal: AbortSignal | undefined,
  ): Promise<SlotHeader | undefined> {
    const range = { from: 0, to: SLOT_HEADER_BYTES };
    const object = await this.#store.get(slotKey(slot), { range, signal });
    if (object === undefined) return undefined;
    const { bytes, size } = object;
    const header = decodeSlotHeader(bytes, this.#log.identity.id, slot, size);
    if ("fault" in header) throw this.corrupt(slotKey(slot), header.fault);
    return header;
  }
}

/** Whether few slots are between a place and record `lsn`, at most at `high`. */
function isNear(place: SlotPlace, lsn: number, high: number): boolean {
  return Math.min(high - place.slot, lsn - place.lastLsn) <= FEW_SLOTS;
}

/** The place before a compacted object, in which every object counts. */
function beginningOf({ firstSlot, firstLsn }: ListedRange): SlotPlace {
  return { slot: firstSlot - 1, lastLsn: firstLsn - 1, epoch: 0 };
}
