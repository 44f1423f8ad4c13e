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
  /** As many slots make an object. */
  readonly slots: number;
  /** As many bytes make an object; a slot that has as many stays alone. */
  readonly bytes: number;
  /** Smaller objects are merged once they have as much in all. */
  readonly mergedBytes: number;
}

const MIB = 1024 * 1024;

/** Sizes at which the requests of a read no longer matter. */
export const COMPACTION_LIMITS: CompactionLimits = {
  slots: 64,
  bytes: 8 * MIB,
  mergedBytes: 16 * MIB,
};

/** How many times as large an object can become when it is merged. */
const FACTOR = 32;

/** Number of sizes, each larger by that factor, up to `mergedBytes`. */
const SIZES = 3;

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
 * follow each other in `ranges`, in ascending order of their slots. The smallest
 * are merged first, and only with others that are not much larger. So however
 * long a log gets, few of its objects have less than `mergedBytes`, none has
 * twice as much, and each record is copied about three times.
 */
export function planMerge<Range extends SizedRange>(
  ranges: readonly Range[],
  { mergedBytes }: CompactionLimits,
): readonly Range[] | undefined {
  for (let size = SIZES - 1; size >= 0; size--) {
    const bytes = mergedBytes / FACTOR ** size;
    const found = firstWorth(lastBelow(bytes, ranges), bytes);
    if (found !== undefined) return found;
  }
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

/** As few of the first ones as have that many bytes. */
function firstWorth<Range extends SizedRange>(
  ranges: readonly Range[],
  bytes: number,
): readonly Range[] | undefined {
  let sum = 0;
  const last = ranges.findIndex(({ size }) => (sum += size) >= bytes);
  return last === -1 ? undefined : ranges.slice(0, last + 1);
}
