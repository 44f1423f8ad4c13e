import type { SegmentName } from "../format/file_names.ts";
import { KIND, lsnsOf } from "../format/frame.ts";
import { FrameHops } from "../format/frame_hops.ts";
import {
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from "../format/segment_header.ts";
import { decodeIndex } from "../format/segment_index.ts";
import type { MaybePromise, Storage } from "../storage.ts";
import type { Turns } from "../turns.ts";
import {
  findRun,
  type FrameRun,
  type Stretch,
  type Wanted,
  Window,
} from "./find_run.ts";
import { FrameIndex, INDEX_STEP_BYTES, IndexBuilder } from "./frame_index.ts";
import { ReaderPool } from "./reader_pool.ts";
import type { SegmentReader } from "./segment_reader.ts";

/** Options of {@linkcode SegmentLookup}. */
export interface SegmentLookupOptions {
  /** The log's id. */
  readonly log: string;
  /** LSN of the oldest record kept; may rise. */
  readonly firstLsn: () => number;
  /** A segment whose index is known already. */
  readonly scanned?: IndexedSegment | undefined;
  /** Distance between two entries of an index, in bytes. Default: 32 KiB. */
  readonly stepBytes?: number;
  /** How it gives way to others while it reads much. */
  readonly turns?: Turns | undefined;
}

/** A segment whose frames were seen as they were written or scanned. */
export interface IndexedSegment {
  /** Its file name. */
  readonly name: string;
  /** Places of its frames; may grow. */
  readonly index: FrameIndex;
}

/** An index in memory. */
interface KnownIndex {
  readonly index: FrameIndex;
  /** The seal that the index was read from, and that it may only hint at. */
  readonly seal?: { readonly lsn: number; readonly offset: number };
  /** Whether it was tried in vain to build a better one. */
  readonly isBest?: boolean;
}

/** Enough to find a segment's first record. */
const NOTHING_KNOWN: KnownIndex = { index: new FrameIndex() };

/** Maximum number of indexes kept, besides that of the segment written to. */
const MOST_INDEXES = 64;

/** Bytes read at once: a stretch between two entries, and a frame after it. */
const WINDOW_BYTES = INDEX_STEP_BYTES + 8 * 1024;

/** Bytes read at once to build an index. */
const WALK_BYTES = 512 * 1024;

/** Frames begin at multiples of this. */
const FRAME_ALIGNMENT = 8;

/** Frames whose memory is larger are not kept. */
const MOST_KEPT_BYTES = 8 * 1024 * 1024;

/**
 * Finds records without reading their segment from the start, by indexes of
 * about one frame every 32 KiB. An index is kept from when the segment was
 * written, or scanned on opening; otherwise it is read from the segment's seal,
 * or built by passing its frames once.
 *
 * An index on storage is only a hint. What it leads to must be a whole frame of
 * the segment which holds the record, and from which frames lead to the next
 * entry, or to the seal.
 */
export class SegmentLookup {
  readonly #pool: ReaderPool;
  readonly #stepBytes: number;
  /** The one used last comes last. */
  readonly #known = new Map<string, KnownIndex>();
  readonly #loading = new Map<string, Promise<KnownIndex>>();
  /** The segment that is written to, or was scanned last. */
  #newest: { name: string; known: KnownIndex } | undefined;
  /** The frame found last: its neighbors are often wanted next. */
  #last: { name: string; run: FrameRun } | undefined;

  /** Knows no segment at first but the scanned one. */
  constructor(storage: Storage, options: SegmentLookupOptions) {
    this.#pool = new ReaderPool(storage, {
      ...options,
      memoryBytes: WINDOW_BYTES,
    });
    this.#stepBytes = options.stepBytes ?? INDEX_STEP_BYTES;
    const { scanned } = options;
    if (scanned !== undefined) {
      this.#newest = { name: scanned.name, known: { index: scanned.index } };
    }
  }

  /** Uses the index of a segment that is written to, or was scanned. */
  know({ name, index }: IndexedSegment): void {
    const before = this.#newest;
    this.#newest = { name, known: { index } };
    if (before !== undefined) this.#remember(before.name, before.known);
  }

  /**
   * Finds the frame of `segments[at]` that holds record `from`, and verifies it
   * and perhaps some of those after it, up to record `to`. Returns `undefined`
   * if the segment has to be read from the start.
   */
  async find(
    segments: readonly SegmentName[],
    at: number,
    from: number,
    to: number,
  ): Promise<FrameRun | undefined> {
    const segment = segments[at];
    const end = segments[at + 1]?.firstLsn ?? Infinity;
    if (!(segment?.firstLsn <= from && from < end)) return undefined;
    const wanted = { from, to, end };
    const last = this.#last;
    if (last?.name === segment.name && to === from) {
      const [frame] = last.run.frames;
      const { firstLsn } = frame;
      if (firstLsn <= from && from < firstLsn + lsnsOf(frame)) return last.run;
    }
    const known = this.#indexOf(segment.name) ??
      (from === segment.firstLsn
        ? NOTHING_KNOWN
        : await this.#once(segment.name, () => this.#load(segments, at, from)));
    const run = await this.#findBy(known, segment, wanted);
    if (run !== undefined || !known.seal || known.isBest) return run;
    // The seal's index is not true, or frames are damaged.
    const replace = (reader: SegmentReader) =>
      this.#replace(known, reader, end);
    const better = await this.#once(
      segment.name,
      () => this.#lend(segment, from, replace),
    );
    return better.isBest
      ? undefined
      : await this.#findBy(better, segment, wanted);
  }

  /** Drops all that is kept of segments that are gone. */
  async forget(segments: Iterable<string>): Promise<void> {
    for (const name of segments) {
      this.#known.delete(name);
      if (this.#newest?.name === name) this.#newest = undefined;
      if (this.#last?.name === name) this.#last = undefined;
      await this.#pool.forget(name);
    }
  }

  /** Closes all files; those in use when their lookup ends. */
  async close(): Promise<void> {
    this.#known.clear();
    this.#last = undefined;
    await this.#pool.closeAll();
  }

  #indexOf(name: string): KnownIndex | undefined {
    if (this.#newest?.name === name) return this.#newest.known;
    const known = this.#known.get(name);
    if (known !== undefined) this.#remember(name, known);
    return known;
  }

  #remember(name: string, known: KnownIndex): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    if (this.#known.size <= MOST_INDEXES) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }

  /** Makes an index once, however many lookups wait for it. */
  #once(
    name: string,
    make: () => Promise<KnownIndex>,
  ): Promise<KnownIndex> {
    const loading = this.#loading.get(name) ??
      make().then((known) => {
        this.#remember(name, known);
        return known;
      }).finally(() => this.#loading.delete(name));
    this.#loading.set(name, loading);
    return loading;
  }

  async #findBy(
    known: KnownIndex,
    segment: SegmentName,
    wanted: Wanted,
  ): Promise<FrameRun | undefined> {
    const reader = this.#pool.take(segment.name) ??
      await this.#pool.open(segment);
    const stretch = stretchOf(known, reader.header, wanted.from);
    const run = await findRun(this.#pool, reader, stretch, wanted);
    if (run === undefined || !isWorthKeeping(run, wanted)) return run;
    const kept = { ...run, isKept: true };
    this.#last = { name: segment.name, run: kept };
    return kept;
  }

  /** Takes the index of a segment from its seal, or builds it. */
  async #load(
    segments: readonly SegmentName[],
    at: number,
    lsn: number,
  ): Promise<KnownIndex> {
    const segment = segments[at];
    const next = segments[at + 1];
    const end = next?.firstLsn ?? Infinity;
    // Not while another reader is lent: lookups could wait for each other.
    const link = next && await this.#linkBefore(next);
    return await this.#lend(
      segment,
      lsn,
      async (reader) =>
        await this.#fromSeal(reader, segment, { end, link }) ??
          await this.#build(reader, end),
    );
  }

  /** Checksum that a segment names as the one before it, if it can be read. */
  async #linkBefore(segment: SegmentName): Promise<number | undefined> {
    try {
      const { firstLsn } = segment;
      return await this.#lend(segment, firstLsn, ({ header }) => {
        return header.previous;
      });
    } catch {
      return undefined; // Reading that segment reports why.
    }
  }

  /** The index in a segment's seal, unless there is a reason to doubt it. */
  async #fromSeal(
    reader: SegmentReader,
    { revision = 0 }: SegmentName,
    { end, link }: { end: number; link: number | undefined },
  ): Promise<KnownIndex | undefined> {
    // A repair moves frames but leaves the index unchanged.
    if (revision > 0) return undefined;
    const seal = await reader.seal();
    if (seal === undefined) return undefined;
    const { offset, firstLsn: lsn, previous } = seal;
    // The last bytes of an unsealed segment are a record's, and a record may
    // look like a seal; but it cannot know the link to the next segment.
    const isLast = end === Infinity;
    if (!isLast && (lsn !== end || previous !== link)) return undefined;
    const entries = decodeIndex(seal.payload);
    let before = { lsn: reader.header.firstLsn, offset: SEGMENT_HEADER_BYTES };
    for (const entry of entries) {
      // An entry per step at most: so two never lead into one small frame.
      const isNext = entry.lsn > before.lsn && entry.lsn <= lsn &&
        entry.offset >= before.offset + this.#stepBytes &&
        entry.offset < offset && entry.offset % FRAME_ALIGNMENT === 0;
      if (!isNext) return undefined;
      before = entry;
    }
    return { index: FrameIndex.of(entries), seal: { lsn, offset } };
  }

  /** Builds an index in place of a seal's, if the frames allow it. */
  async #replace(
    known: KnownIndex,
    reader: SegmentReader,
    end: number,
  ): Promise<KnownIndex> {
    const { index, isWhole } = await this.#build(reader, end);
    // Beyond damage, only the seal's index helps.
    return isWhole ? { index } : { ...known, isBest: true };
  }

  /** Passes the frames of a segment, up to record `end` if it gets there. */
  async #build(
    reader: SegmentReader,
    end: number,
  ): Promise<KnownIndex & { isWhole: boolean }> {
    const { salt, firstLsn: nextLsn, previous } = reader.header;
    const hops = new FrameHops({ salt, nextLsn, previous });
    const size = await reader.file.size();
    const memory = new Uint8Array(Math.min(size, WALK_BYTES));
    const window = new Window(reader.file, memory);
    const builder = new IndexBuilder(SEGMENT_HEADER_BYTES, this.#stepBytes);
    let offset = SEGMENT_HEADER_BYTES;
    while (hops.nextLsn < end) {
      const loading = window.show(offset);
      if (loading !== undefined) await loading;
      const length = window.pass(hops, offset);
      if (length === 0) break;
      if (hops.nextLsn > hops.firstLsn) builder.add(hops.firstLsn, offset);
      offset += length;
      const turn = reader.pace.spend(length);
      if (turn !== undefined) await turn;
    }
    const isWhole = hops.nextLsn === end || hops.kind === KIND.seal;
    return { index: builder.index, isWhole };
  }

  /** Lends a reader of a segment in which record `lsn` is. */
  async #lend<Found>(
    segment: SegmentName,
    lsn: number,
    use: (reader: SegmentReader) => MaybePromise<Found>,
  ): Promise<Found> {
    const reader = this.#pool.take(segment.name) ??
      await this.#pool.open(segment);
    let isFine = false;
    try {
      const found = await use(reader);
      isFine = true;
      return found;
    } finally {
      await this.#pool.giveBack(reader, isFine ? lsn : -1);
    }
  }
}

/** Where the frame that holds record `lsn` can be, by an index. */
function stretchOf(
  { index, seal }: KnownIndex,
  { firstLsn, previous }: SegmentHeader,
  lsn: number,
): Stretch {
  const at = index.find(lsn);
  const next = index.at(at + 1) ?? seal;
  const isSeal = next !== undefined && next === seal;
  const entry = index.at(at);
  return {
    offset: entry?.offset ?? SEGMENT_HEADER_BYTES,
    nextLsn: entry?.lsn ?? firstLsn,
    ...(entry === undefined && { previous }),
    endOffset: next?.offset,
    // The first frame is where the header ends, whatever an index says.
    ...(seal && entry && { mustReach: { lsn: next!.lsn, isSeal } }),
  };
}

/** Whether a frame has other records that may be wanted next, one by one. */
function isWorthKeeping({ frames }: FrameRun, { from, to }: Wanted): boolean {
  const [frame] = frames;
  return from === to && frame.count > 1 && frame.bytes <= MOST_KEPT_BYTES;
}
