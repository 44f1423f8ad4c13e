import type { IndexEntry } from "../format/segment_index.ts";

/**
 * Approximate distance between two entries, in bytes: a lookup reads as much,
 * and a segment of 64 MiB has 32 kB of entries.
 */
export const INDEX_STEP_BYTES = 32 * 1024;

/** Entries that memory is added for at a time: few of them stay empty. */
const LEAST_ADDED = 8;
const MOST_ADDED = 256;

/**
 * Places of some of a segment's frames, in order: packed, 16 bytes each, since
 * every open segment may have thousands of them.
 */
export class FrameIndex {
  /** The first LSN and the offset of each. */
  #pairs = new Float64Array(0);
  #length = 0;

  /** An index of `entries`, which must rise. */
  static of(entries: readonly IndexEntry[]): FrameIndex {
    const index = new FrameIndex();
    index.#pairs = new Float64Array(2 * entries.length);
    for (const { lsn, offset } of entries) index.add(lsn, offset);
    return index;
  }

  /** Number of entries. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that the entries take. */
  get bytes(): number {
    return this.#pairs.byteLength;
  }

  /** The entries, in order, for a seal. */
  get entries(): IndexEntry[] {
    return Array.from({ length: this.#length }, (_, at) => this.at(at)!);
  }

  /** The entry at `at`, if there is one. */
  at(at: number): IndexEntry | undefined {
    if (!(at >= 0 && at < this.#length)) return undefined;
    return { lsn: this.#pairs[2 * at], offset: this.#pairs[2 * at + 1] };
  }

  /** Adds the frame at `offset`, with first record `lsn`, after the others. */
  add(lsn: number, offset: number): void {
    const at = 2 * this.#length;
    if (at === this.#pairs.length) this.#grow();
    this.#pairs[at] = lsn;
    this.#pairs[at + 1] = offset;
    this.#length++;
  }

  /** The last entry at or below `lsn`; -1 if there is none. */
  find(lsn: number): number {
    return lastUpTo(lsn, this.#length, (at) => this.#pairs[2 * at]);
  }

  #grow(): void {
    const added = Math.max(LEAST_ADDED, Math.min(MOST_ADDED, this.#length));
    const pairs = new Float64Array(2 * (this.#length + added));
    pairs.set(this.#pairs);
    this.#pairs = pairs;
  }
}

/** Collects the index entries of a segment, frame by frame. */
export class IndexBuilder {
  /** One frame about every `INDEX_STEP_BYTES`, without the first. */
  readonly index = new FrameIndex();
  readonly #stepBytes: number;
  /**
   * Offset from which on an entry is due. Looking here first saves a call of
   * `add` for most frames.
   */
  dueAt: number;

  /** Starts an index of a segment whose first frame is at `offset`. */
  constructor(offset: number, stepBytes = INDEX_STEP_BYTES) {
    this.#stepBytes = stepBytes;
    this.dueAt = offset + stepBytes;
  }

  /** Adds the frame at `offset`, with first record `lsn`, if one is due. */
  add(lsn: number, offset: number): void {
    if (offset < this.dueAt) return;
    this.index.add(lsn, offset);
    this.dueAt = offset + this.#stepBytes;
  }
}

/**
 * The last of `count` places at or below record `lsn`, by their LSNs, which
 * rise; -1 if there is none.
 */
export function lastUpTo(
  lsn: number,
  count: number,
  lsnAt: (at: number) => number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lsnAt(middle) <= lsn) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
