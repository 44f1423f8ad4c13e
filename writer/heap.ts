/**
 * Items of which the first in order can be taken: a binary heap.
 *
 * Two items are never equal, so that the order of those taken is certain.
 */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #isBefore: (one: Item, other: Item) => boolean;

  /** Orders items by `isBefore`. */
  constructor(isBefore: (one: Item, other: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  /** Number of items. */
  get size(): number {
    return this.#items.length;
  }

  /** The first item, if there is any. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  /** Adds an item. */
  put(item: Item): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#isBefore(items[parent], item)) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  /** Removes and returns the first item, if there is any. */
  take(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length > 0) this.#sink(last!);
    return first;
  }

  /** Puts `item` at the root and moves it down to its place. */
  #sink(item: Item): void {
    const items = this.#items;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      const right = child + 1;
      if (right < items.length && this.#isBefore(items[right], items[child])) {
        child = right;
      }
      if (this.#isBefore(item, items[child])) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = item;
  }
}
