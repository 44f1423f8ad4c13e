import { CorruptLogError } from "../../corrupt_log_error.ts";
import type { ObjectStore } from "../object_store.ts";
import {
  type CompactedHead,
  decodeCompactedHead,
  MAX_HEAD_BYTES,
} from "./compacted_object.ts";
import {
  COMPACTED_PREFIX,
  type CompactedRange,
  numberedKey,
  parseCompactedKey,
} from "./slot_keys.ts";
import type { LogId } from "./slot_object.ts";

/** A compacted object, as a listing shows it. */
export interface ListedRange extends CompactedRange {
  /** Its key. */
  readonly key: string;
  /** Its size in bytes. */
  readonly size: number;
}

/** A part of the listing. */
interface Page {
  /** Objects whose last slot is this one or a later one. */
  readonly from: number;
  /** The last slot of the last object, if more may follow; else `Infinity`. */
  readonly to: number;
  /** In ascending order of their last slots. */
  readonly ranges: readonly ListedRange[];
}

/** Most pages kept. */
const MOST_PAGES = 4;

/** As many of the last objects are found at least, if there are so many. */
const LEAST_LAST = 500;

/** Most heads kept: about 16 KiB each. */
const MOST_HEADS = 64;

/**
 * The listing of a log's compacted objects. What is kept of it may be out of
 * date: a reader that finds an object or a slot missing calls `forget`, and asks
 * again.
 */
export class CompactedRanges {
  readonly #store: ObjectStore;
  readonly #log: LogId;
  /** The one used last comes last, as for heads. */
  #pages: Page[] = [];
  readonly #heads = new Map<string, CompactedHead>();

  /** Makes no call. */
  constructor(store: ObjectStore, log: LogId) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * An object that holds `slot`, if there is one; otherwise the first object
   * after it, if any.
   */
  async from(
    slot: number,
    signal?: AbortSignal,
  ): Promise<ListedRange | undefined> {
    const { ranges } = await this.#page(slot, signal);
    return firstOf(ranges.filter(({ lastSlot }) => lastSlot >= slot));
  }

  /**
   * Where record `lsn` can be, which is after slot `low` and before slot `high`:
   * the last object that ends before it, and one that holds it or, if there is
   * none, the first after it; absent if there is none.
   */
  async around(
    lsn: number,
    low: number,
    high: number,
    signal?: AbortSignal,
  ): Promise<{ before?: ListedRange; after?: ListedRange }> {
    const found: { before?: ListedRange; after?: ListedRange } = {};
    let [least, most] = [low + 1, high];
    for (let from = least; least <= most;) {
      const { ranges, to } = await this.#page(from, signal);
      const at = ranges.findIndex(({ lastLsn }) => lastLsn >= lsn);
      const last = ranges.at(at === -1 ? -1 : at - 1);
      if (at !== 0 && last !== undefined) found.before = last;
      if (at !== -1) found.after = firstOf(ranges.slice(at));
      if (at > 0 || from === least && (at === 0 || to === Infinity)) break;
      if (at === -1 && last !== undefined) {
        if (to === Infinity) break;
        least = last.lastSlot + 1;
      } else most = from - 1;
      from = least + Math.floor((most - least) / 2);
    }
    return found;
  }

  /**
   * The last objects, in ascending order: all that end with slot `from` or a
   * later one if they fit in a page, and otherwise most of a page.
   */
  async last(
    from: number,
    end: number,
    signal?: AbortSignal,
  ): Promise<readonly ListedRange[]> {
    const first = await this.#page(from, signal);
    if (first.to === Infinity) return first.ranges;
    let { ranges } = first;
    let [low, high] = [from, end];
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      // Not a page that begins before.
      const page = await this.#list(middle, signal);
      if (page.to !== Infinity) low = middle;
      else {
        high = middle - 1;
        if (page.ranges.length > 0) ranges = page.ranges;
        if (ranges.length >= LEAST_LAST && ranges === page.ranges) break;
      }
    }
    return ranges;
  }

  /** The head of an object; `undefined` if the object is gone. */
  async head(
    range: ListedRange,
    signal?: AbortSignal,
  ): Promise<CompactedHead | undefined> {
    const known = this.#heads.get(range.key);
    if (known !== undefined) {
      this.#remember(range.key, known);
      return known;
    }
    const object = await this.#store.get(range.key, {
      range: { from: 0, to: MAX_HEAD_BYTES },
      signal,
    });
    return object && this.decodeHead(range, object.bytes, object.size);
  }

  /** Decodes and keeps the head of an object that was read. */
  decodeHead(
    range: ListedRange,
    bytes: Uint8Array,
    size: number,
  ): CompactedHead {
    const head = decodeCompactedHead(bytes, this.#log, range, size);
    if ("fault" in head) {
      const path = `${this.#store.location}/${range.key}`;
      throw new CorruptLogError(path, 0, head.fault);
    }
    this.#remember(range.key, head);
    return head;
  }

  /** Lists again whatever is asked for from now on. */
  forget(): void {
    this.#pages = [];
  }

  #remember(key: string, head: CompactedHead): void {
    this.#heads.delete(key);
    this.#heads.set(key, head);
    if (this.#heads.size <= MOST_HEADS) return;
    for (const oldest of this.#heads.keys()) {
      this.#heads.delete(oldest);
      break;
    }
  }

  async #page(slot: number, signal?: AbortSignal): Promise<Page> {
    const known = this.#pages.find(({ from, to }) =>
      from <= slot && slot <= to
    );
    const page = known ?? await this.#list(slot, signal);
    this.#pages = [...this.#pages.filter((one) => one !== page), page]
      .slice(-MOST_PAGES);
    return page;
  }

  async #list(from: number, signal?: AbortSignal): Promise<Page> {
    const { objects, isTruncated } = await this.#store.list({
      prefix: COMPACTED_PREFIX,
      // All keys of the slot sort after its number alone.
      after: numberedKey(COMPACTED_PREFIX, from),
      signal,
    });
    const ranges: ListedRange[] = [];
    for (const { key, size } of objects) {
      const range = parseCompactedKey(key);
      if (range !== undefined) ranges.push({ ...range, key, size });
    }
    const to = isTruncated ? ranges.at(-1)?.lastSlot ?? from : Infinity;
    return { from, to, ranges };
  }
}

/**
 * The one that begins first. What was merged may still be there in part, and
 * end before what it was merged into.
 */
function firstOf(ranges: readonly ListedRange[]): ListedRange | undefined {
  let first = ranges.at(0);
  for (const range of ranges) {
    if (range.firstSlot < first!.firstSlot) first = range;
  }
  return first;
}
