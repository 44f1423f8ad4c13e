import type { SegmentName } from "../format/file_names.ts";
import { Pace, REMOVE_BYTES, type Turns } from "../turns.ts";
import type { SegmentLookup } from "./segment_lookup.ts";
import type { SegmentSupply } from "./segment_supply.ts";

/** The segments of a directory, by what they are to the log. */
interface ListedSegments {
  /** The log's segments, in order. */
  readonly segments: readonly SegmentName[];
  /** Segments that fenced owners made; they are not part of the log. */
  readonly fenced: readonly SegmentName[];
  /** Sizes of files in bytes, by name, as far as they are known. */
  readonly sizes?: ReadonlyMap<string, number> | undefined;
}

/** Who is concerned if a segment goes. */
interface SegmentUsers {
  /** Takes the segments that go. */
  readonly supply: SegmentSupply;
  /** Forgets them. */
  readonly lookup: Pick<SegmentLookup, "forget">;
  /** How a removal gives way. */
  readonly turns?: Turns | undefined;
}

/**
 * The segments of a log in use, and how those go that are dropped. Removing
 * many takes long, so it gives way to the event loop: segments may be added and
 * read meanwhile, and none that is removed is missed, because a mark on storage
 * already says that its records are dropped.
 */
export class SegmentList {
  readonly #users: SegmentUsers;
  #segments: readonly SegmentName[];
  #fenced: readonly SegmentName[];
  /** Segments that a cut dropped. */
  #cut: readonly SegmentName[] = [];
  readonly #sizes: Map<string, number>;
  #alone: Promise<void> = Promise.resolve();

  /** The segments found. */
  constructor(
    { segments, fenced, sizes }: ListedSegments,
    users: SegmentUsers,
  ) {
    this.#users = users;
    this.#sizes = new Map(sizes);
    this.#segments = segments;
    this.#fenced = fenced;
  }

  /** The log's segments as they are now, in order; never changes. */
  get all(): readonly SegmentName[] {
    return this.#segments;
  }

  /** Bytes of the files whose size is final. */
  get bytes(): number {
    let bytes = 0;
    for (const { name } of this.#segments) bytes += this.bytesOf(name);
    return bytes;
  }

  /** The size of a segment's file, if it is final; otherwise 0. */
  bytesOf(name: string): number {
    return this.#sizes.get(name) ?? 0;
  }

  /** The size of a file is final. */
  setBytes(name: string, bytes: number): void {
    this.#sizes.set(name, bytes);
  }

  /** Ends the log where `segment` begins, which becomes the last one. */
  cutBack({ name, firstLsn, epoch }: SegmentName): void {
    const segment = { name, firstLsn, epoch };
    const isCut = (one: SegmentName) => one.firstLsn >= firstLsn;
    this.#cut = [...this.#cut, ...this.#segments.filter(isCut)];
    const kept = this.#segments.filter((one) => !isCut(one));
    this.#segments = [...kept, segment];
  }

  /** Adds the last one. */
  push({ name, firstLsn, epoch }: SegmentName): void {
    this.#segments = [...this.#segments, { name, firstLsn, epoch }];
  }

  /** Puts others in their place. */
  async replace(segments: readonly SegmentName[]): Promise<void> {
    const kept = new Set(segments);
    const gone = this.#segments.filter((segment) => !kept.has(segment));
    this.#segments = segments;
    await this.#users.lookup.forget(gone.map(({ name }) => name));
  }

  /** Removes the segment of that name. */
  remove(name: string): Promise<void> {
    return this.#take(this.#segments.filter((one) => one.name === name));
  }

  /** Removes what fenced owners wrote below `firstLsn`; returns if any was. */
  async removeFenced(firstLsn: number): Promise<boolean> {
    const gone = this.#fenced.filter((one) => one.firstLsn < firstLsn);
    await this.#take(gone);
    return gone.length > 0;
  }

  /**
   * Removes segments that end below `firstLsn`, the last only if it is spent,
   * and those that were cut off.
   */
  removeDropped(firstLsn: number, isSpent: boolean): Promise<void> {
    const dropped = this.#segments.filter((segment, index) => {
      const end = this.#segments[index + 1]?.firstLsn;
      return end !== undefined
        ? end <= firstLsn
        : isSpent && segment.firstLsn < firstLsn;
    });
    return this.#take([...this.#cut, ...dropped]);
  }

  /** Runs what removes or rewrites earlier segments, one at a time. */
  alone(act: () => Promise<void>): Promise<void> {
    const run = this.#alone.then(act);
    this.#alone = run.catch(() => {});
    return run;
  }

  /** Forgets the segments that are gone, even if removing one fails. */
  async #take(dropped: readonly SegmentName[]): Promise<void> {
    const gone = new Set<string>();
    const isKept = ({ name }: SegmentName) => !gone.has(name);
    const { supply, lookup, turns } = this.#users;
    const pace = new Pace(turns);
    try {
      for (const { name } of dropped) {
        await supply.take(name);
        gone.add(name);
        await pace.spend(REMOVE_BYTES);
      }
    } finally {
      // Not from `dropped`: others may have been added in the meantime.
      this.#segments = this.#segments.filter(isKept);
      this.#fenced = this.#fenced.filter(isKept);
      this.#cut = this.#cut.filter(isKept);
      for (const name of gone) this.#sizes.delete(name);
      await lookup.forget(gone);
    }
  }
}
