import { Pace } from "../../../turns.ts";
import type { ListedRange } from "../compacted_ranges.ts";
import type { ObjectStore } from "../../object_store.ts";
import { endedBy } from "../ended_by.ts";
import { laterOwner } from "../later_owner.ts";
import { readForward } from "../read_forward.ts";
import { removeObjects } from "../remove_objects.ts";
import type { OwnedLog } from "../shared_log.ts";
import type { SlotPlace } from "../slot_index.ts";
import { parseSlotKey, SLOT_PREFIX, slotKey } from "../slot_keys.ts";
import type { SlotLookup } from "../slot_lookup.ts";
import { emptyState, FENCE_BYTES } from "../slot_object.ts";
import {
  type CompactionSite,
  createCompacted,
  readRanges,
  readRun,
} from "./compact_slots.ts";
import {
  COMPACTION_LIMITS,
  type CompactionLimits,
  lastLarge,
  planMerge,
  planRun,
  type SlotRun,
  type UncompactedSlot,
} from "./plan_compaction.ts";

/** Options of {@linkcode Compaction}. */
export interface CompactionOptions {
  /** A word that no other opening has: part of the ids of objects. */
  readonly token: string;
  /** Called with each warning. */
  readonly warn: (message: string) => void;
  /** How it gives way. */
  readonly pace?: Pace | undefined;
  /** From when on it is worth it. Default: {@linkcode COMPACTION_LIMITS}. */
  readonly limits?: CompactionLimits | undefined;
}

/** Windows of settled slots that stay as they are. */
const WINDOWS_KEPT = 4;

/**
 * Replaces the slots of a log by fewer and larger objects, in the background, as
 * its owner. First it creates an object that holds what counts of some slots,
 * then it removes those, so a crash leaves both, and both say the same. So do
 * the objects of two owners that are at it at the same time.
 *
 * The last slots stay, and so do fences, the newest metadata, and what is large
 * already. What a crash leaves behind is removed by a later truncation.
 */
export class Compaction {
  readonly #site: CompactionSite;
  /** Its calls end with the compaction. */
  readonly #store: ObjectStore;
  readonly #end = new AbortController();
  readonly #warn: (message: string) => void;
  readonly #limits: CompactionLimits;
  #ids = 0;
  /** The last compacted objects; absent until they are listed. */
  #last: ListedRange[] | undefined;
  /** What is known after the last slot that is done; absent until then. */
  #done: SlotPlace | undefined;
  /** What was settled since the last pass began. */
  #settled = { slots: 0, bytes: 0 };
  #running: Promise<void> | undefined;
  #hasWarned = false;

  /** Makes no call. */
  constructor(log: OwnedLog, lookup: SlotLookup, options: CompactionOptions) {
    const { token, pace = new Pace(), warn } = options;
    const nextId = () => `${token}-s${++this.#ids}`;
    const { signal } = this.#end;
    this.#site = { log, lookup, nextId, signal, pace };
    this.#store = endedBy(log.store, signal);
    this.#warn = warn;
    this.#limits = options.limits ?? COMPACTION_LIMITS;
  }

  /** Begins with what earlier owners have left. */
  start(): void {
    this.#settled.slots = Infinity;
    this.#wake();
  }

  /** Notes that a slot of `bytes` was settled, and begins if it is worth it. */
  note(bytes: number): void {
    this.#settled.slots++;
    this.#settled.bytes += bytes;
    this.#wake();
  }

  /** Ends its requests; resolves once nothing of it goes on. */
  async stop(): Promise<void> {
    this.#end.abort(new DOMException("The log is closed", "AbortError"));
    await this.#running;
  }

  /** Resolves once nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  get #isDue(): boolean {
    const { slots, bytes } = this.#settled;
    return !this.#end.signal.aborted &&
      (slots >= this.#limits.slots || bytes >= this.#limits.bytes);
  }

  #wake(): void {
    if (this.#running !== undefined || !this.#isDue) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      this.#wake();
    });
  }

  async #run(): Promise<void> {
    this.#settled = { slots: 0, bytes: 0 };
    try {
      await this.#pass();
      this.#hasWarned = false;
    } catch (error) {
      // Whatever failed is looked at again.
      this.#forget();
      if (this.#end.signal.aborted || this.#hasWarned) return;
      this.#hasWarned = true;
      const { location } = this.#site.log.store;
      this.#warn(
        `Cannot compact the log in "${location}": ` +
          `${error instanceof Error ? error.message : error}; it goes on ` +
          "without, and tries again later",
      );
    }
  }

  /** Compacts all that is worth it. */
  async #pass(): Promise<void> {
    const { log, signal } = this.#site;
    for (;;) {
      const { slot } = log.state;
      const kept = WINDOWS_KEPT * log.identity.window;
      const until = Math.min(slot - kept, log.removableSlot);
      if (until < log.state.firstSlot) return;
      const done = await this.#begin();
      if (done === undefined || until <= done.slot) return;
      const listed = await this.#list(done.slot);
      const large = lastLarge(listed, done.slot, until, this.#limits);
      if (large > done.slot) {
        const state = { ...emptyState(1), ...done };
        const { identity } = log;
        const passed = await readForward(this.#store, identity, state, large);
        if (!await this.#isInPlace(done.slot, large)) return this.#forget();
        this.#done = passed;
        continue;
      }
      const run = planRun(listed, done.slot, until, this.#limits);
      if (run === undefined) {
        // Another owner has compacted, or this one has dropped slots.
        if (listed[0]?.slot !== done.slot + 1) this.#forget();
        return;
      }
      if (!await this.#compact(done, run, listed)) return this.#forget();
      if (!await this.#merge()) return this.#forget();
      signal.throwIfAborted();
    }
  }

  #forget(): void {
    this.#last = this.#done = undefined;
    this.#site.lookup.ranges.forget();
  }

  /** The place after which to go on; `undefined` if slots vanish meanwhile. */
  async #begin(): Promise<SlotPlace | undefined> {
    const { log, lookup, signal } = this.#site;
    const { firstSlot, slot } = log.state;
    this.#last ??= await this.#listLast(firstSlot, slot);
    this.#last = this.#last.filter(({ lastSlot }) => lastSlot >= firstSlot);
    const last = this.#last.at(-1);
    if (this.#done === undefined && last !== undefined) {
      const head = await lookup.ranges.head(last, signal);
      this.#done = head && { ...head, slot: head.lastSlot };
      if (head === undefined) this.#last = undefined;
      return this.#done;
    }
    if ((this.#done?.slot ?? -1) < firstSlot - 1) {
      this.#done = await lookup.beginning(signal);
    }
    return this.#done;
  }

  /** The last compacted objects; what a crash has left of others goes. */
  async #listLast(firstSlot: number, slot: number): Promise<ListedRange[]> {
    const { log, lookup, signal } = this.#site;
    const ranges = await lookup.ranges.last(firstSlot, slot, signal);
    const isLeft = (one: ListedRange) =>
      ranges.some((other) =>
        other !== one && other.firstSlot <= one.firstSlot &&
        one.lastSlot <= other.lastSlot
      );
    const left = ranges.filter(isLeft).map(({ key }) => key);
    if (left.length > 0) lookup.ranges.forget();
    await removeObjects(log.store, left, signal);
    return ranges.filter((one) => !isLeft(one));
  }

  async #list(after: number): Promise<UncompactedSlot[]> {
    const { log: { store }, signal } = this.#site;
    const options = { prefix: SLOT_PREFIX, after: slotKey(after), signal };
    const { objects } = await store.list(options);
    return objects.flatMap(({ key, size }) => {
      const slot = parseSlotKey(key);
      return slot === undefined ? [] : [{ slot, size }];
    });
  }

  /** Compacts a run of slots; resolves with false if one of them is gone. */
  async #compact(
    done: SlotPlace,
    run: SlotRun,
    listed: readonly UncompactedSlot[],
  ): Promise<boolean> {
    const { log, lookup, signal } = this.#site;
    const read = await readRun(this.#site, done, run);
    if (read === undefined) return false;
    if (!await this.#isInPlace(done.slot, run.lastSlot)) return false;
    const { state, parts, metaBefore } = read;
    const { lastLsn, epoch, metaSlot } = state;
    const range = { ...run, firstLsn: done.lastLsn + 1, lastLsn };
    const made = await createCompacted(this.#site, range, epoch, parts);
    if (made === undefined) return false;
    this.#done = { slot: run.lastSlot, lastLsn, epoch };
    lookup.index.note(this.#done);
    this.#last!.push(made);
    const removed = listed
      .filter(({ slot, size }) =>
        slot <= run.lastSlot && size !== FENCE_BYTES && slot !== metaSlot
      ).map(({ slot }) => slot);
    if (metaSlot !== 0 && await this.#isCovered(metaBefore)) {
      removed.push(metaBefore);
    }
    const keys = removed.filter((slot) => slot !== log.state.metaSlot)
      .map(slotKey);
    await removeObjects(log.store, keys, signal);
    return true;
  }

  /**
   * Whether nothing that was read between two slots can have been removed: then
   * none of it is a fence that an opening, which was paused, has put there since.
   */
  async #isInPlace(after: number, lastSlot: number): Promise<boolean> {
    const { log, lookup, signal } = this.#site;
    if (log.state.firstSlot > after + 1) return false;
    if (await lookup.isCompacted(after + 1, lastSlot, signal)) return false;
    const { identity, state } = log;
    const store = this.#store;
    return await laterOwner({ store, identity, state }) === undefined;
  }

  /** Whether a compacted object holds a slot; 0 is none. */
  async #isCovered(slot: number): Promise<boolean> {
    if (slot === 0) return false;
    const { lookup, signal } = this.#site;
    const range = await lookup.ranges.from(slot, signal);
    return range !== undefined && range.firstSlot <= slot;
  }

  /** Merges compacted objects; resolves with false if one of them is gone. */
  async #merge(): Promise<boolean> {
    const { log, lookup, signal } = this.#site;
    for (;;) {
      const merged = planMerge(this.#last!, this.#limits);
      if (merged === undefined) return true;
      const read = await readRanges(this.#site, merged);
      if (read === undefined) return false;
      const [{ firstSlot, firstLsn }] = merged;
      const { lastSlot, lastLsn } = merged[merged.length - 1];
      const range = { firstSlot, lastSlot, firstLsn, lastLsn };
      const { parts, epoch } = read;
      const made = await createCompacted(this.#site, range, epoch, parts);
      if (made === undefined) return false;
      const at = this.#last!.indexOf(merged[0]);
      this.#last!.splice(at, merged.length, made);
      await removeObjects(log.store, merged.map(({ key }) => key), signal);
      lookup.ranges.forget();
    }
  }
}
