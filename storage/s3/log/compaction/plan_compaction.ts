import type { CompactedRange } from "../slot_keys.ts";

/** A slot that a listing shows. */
export interface UncompactedSlot {
  /** The slot. */
  readonly slot: number;
  /** The size of its object, in bytes. */
  readonly size: number;
}

/** Slots to be compacted into one object. */
export interface SlotRun {
  /** The first slot. */
  readonly firstSlot: number;
  /** The last slot. */
  readonly lastSlot: number;
}

/** A compacted object and its size. */
export interface SizedRange extends CompactedRange {
  /** Its size in bytes. */
  readonly size: number;
}

/** From when on compaction is worth it. */
export interface CompactionLimits {
  /** As many slots, or as many tiny objects, make an object. */
  readonly slots: number;
  /** As many bytes make an object; a slot that has as many stays alone. */
  readonly bytes: number;
  /** Objects below this size are merged soon, if there are many. */
  readonly tinyBytes: number;
  /** Smaller objects are merged once they have as much in all. */
  readonly mergedBytes: number;
}

const MIB = 1024 * 1024;

/** What is worth it on stores where a request costs as much as some 100 KiB. */
export const COMPACTION_LIMITS: CompactionLimits = {
  slots: 64,
  bytes: 8 * MIB,
  tinyBytes: MIB / 2,
  mergedBytes: 16 * MIB,
};

/**
 * The last of the slots right after `after` that are large enough to stay as
 * they are; `after` if the next one is not.
 */
export function lastLarge(
  listed: readonly UncompactedSlot[],
  after: number,
  until: number,
  limits: CompactionLimits,
): number {
  let last = after;
  for (const { slot, size } of listed) {
    if (slot !== last + 1 || slot > until || size < limits.bytes) break;
    last = slot;
  }
  return last;
}

/**
 * Decides which slots to compact first, of those `listed`, in ascending order:
 * the ones right after `after`, and up to `until`, which are final. Returns
 * `undefined` if there is nothing worth it yet.
 *
 * A slot of `limits.bytes` or more ends a run, so an object has less
 * than twice as much. A slot that is not listed was lost or dropped meanwhile:
 * nothing after it is compacted.
 */
export function planRun(
  listed: readonly UncompactedSlot[],
  after: number,
  until: number,
  limits: CompactionLimits,
): SlotRun | undefined {
  const firstSlot = after + 1;
  let lastSlot = after;
  let bytes = 0;
  for (const { slot, size } of listed) {
    const isNext = slot === lastSlot + 1 && slot <= until;
    const isLarge = size >= limits.bytes;
    if (isNext && isLarge && lastSlot > after) return { firstSlot, lastSlot };
    if (!isNext || isLarge) return undefined;
    lastSlot = slot;
    bytes += size;
    const isWorth = bytes >= limits.bytes ||
      lastSlot - after >= limits.slots;
    if (isWorth) return { firstSlot, lastSlot };
  }
}

/**
 * Decides which of the last compacted objects to merge into one, if any: they
 * follow each other in `ranges`, in ascending order of their slots. First those
 * that are tiny, if they are many; then all that are small, once they make a
 * large one, of less than twice `mergedBytes`. So however long a log gets, few of its objects
 * are small, and each record is copied about three times.
 */
export function planMerge<Range extends SizedRange>(
  ranges: readonly Range[],
  { slots, bytes, tinyBytes, mergedBytes }: CompactionLimits,
): readonly Range[] | undefined {
  return firstWorth(lastBelow(tinyBytes, ranges), bytes, slots) ??
    firstWorth(lastBelow(mergedBytes, ranges), mergedBytes, Infinity);
}

/** The last objects that follow each other and are smaller than `bytes`. */
function lastBelow<Range extends SizedRange>(
  bytes: number,
  ranges: readonly Range[],
): readonly Range[] {
  let at = ranges.length;
  while (at > 0 && ranges[at - 1].size < bytes) {
    const { lastSlot } = ranges[at - 1];
    const next = ranges.at(at)?.firstSlot;
    if (next !== undefined && next !== lastSlot + 1) break;
    at--;
  }
  return ranges.slice(at);
}

/** As few of the first ones as have so many bytes, or are so many. */
function firstWorth<Range extends SizedRange>(
  ranges: readonly Range[],
  bytes: number,
  count: number,
): readonly Range[] | undefined {
  let sum = 0;
  for (let at = 0; at < ranges.length; at++) {
    sum += ranges[at].size;
    if (at > 0 && (sum >= bytes || at + 1 >= count)) {
      return ranges.slice(0, at + 1);
    }
  }
}
