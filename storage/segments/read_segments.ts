import {
  CorruptLogError,
  describeFault,
  missingRecord,
} from "../corrupt_log_error.ts";
import type { SegmentName } from "../format/file_names.ts";
import { type Frame, lsnsOf } from "../format/frame.ts";
import { FrameRecords, splitRecords } from "../format/records.ts";
import {
  type BatchSource,
  CompactedError,
  type RecordBatch,
  TruncatedError,
} from "../frame_log.ts";
import type { MaybePromise, Storage } from "../storage.ts";
import { Pace } from "../turns.ts";
import type { FrameRun } from "./find_run.ts";
import { lastUpTo } from "./frame_index.ts";
import { SegmentCursor } from "./segment_cursor.ts";
import type { SegmentLookup } from "./segment_lookup.ts";

/** The records to read. */
export interface ReadRange {
  /** LSN of the first record. */
  from: number;
  /** LSN of the last record. */
  to: number;
  /** LSN of the oldest record kept; may rise during the read. */
  firstLsn: () => number;
  /** LSN of the last record that a cut during the read has left. */
  lastLsn?: (() => number) | undefined;
  /** The log's id. */
  log: string;
  /** Finds where to begin. */
  lookup: Pick<SegmentLookup, "find">;
}

/** What a batch counts for when a read gives way, in bytes: about 5 us. */
const BATCH_BYTES = 16 * 1024;

type Result = IteratorResult<RecordBatch, undefined>;

/**
 * Reads the records `from` to `to`, both included, from consecutive segments.
 * Throws {@linkcode CorruptLogError} if a record is missing, and
 * {@linkcode CompactedError} if one was dropped during the read. A segment ends
 * where the next one begins, whatever follows in the file.
 *
 * A batch whose frame is in memory is there at once, without a promise, and is
 * made only when it is asked for. The consumer's time counts when it gives way.
 */
export class SegmentReads implements BatchSource {
  readonly #range: ReadRange;
  readonly #pace: Pace;
  readonly #runs: AsyncGenerator<Frames, undefined>;
  #run: Frames = { path: "", frames: [] };
  #index = 0;
  #nextLsn: number;
  #hasEnded = false;

  /** Opens no file before the first call of `next`. */
  constructor(
    storage: Storage,
    segments: readonly SegmentName[],
    range: ReadRange,
    pace = new Pace(),
  ) {
    this.#range = range;
    this.#pace = pace;
    this.#runs = readRuns(storage, segments, range, pace);
    this.#nextLsn = range.from;
  }

  /** The next batch, or the end. */
  next(): MaybePromise<Result> {
    const turn = this.#pace.spend(BATCH_BYTES);
    return turn === undefined ? this.#next() : turn.then(() => this.#next());
  }

  /** Closes the file that is open. */
  async return(): Promise<Result> {
    this.#hasEnded = true;
    await this.#runs.return(undefined);
    return { done: true, value: undefined };
  }

  #next(): MaybePromise<Result> {
    try {
      return this.#take() ?? this.#load();
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** The next batch in memory, if any. */
  #take(): Result | undefined {
    const { from, to } = this.#range;
    const { path, frames, isKept } = this.#run;
    while (this.#index < frames.length && this.#nextLsn <= to) {
      const value = batchOf(path, frames[this.#index++], from, to);
      if (value === undefined) continue;
      // Dropped while it was in memory.
      this.#requireThere(value.firstLsn + lsnsIn(value) - 1);
      this.#nextLsn = value.firstLsn + lsnsIn(value);
      return { done: false, value: isKept ? copyOf(value) : value };
    }
  }

  async #load(): Promise<Result> {
    try {
      while (!this.#hasEnded) {
        const { value, done } = await this.#runs.next();
        if (done) break;
        this.#run = value;
        this.#index = 0;
        const taken = this.#take();
        if (taken !== undefined) return taken;
      }
    } catch (error) {
      return await this.#fail(error);
    }
    const hasEnded = this.#hasEnded || this.#nextLsn > this.#range.to;
    const end = await this.return();
    if (!hasEnded) this.#requireThere(this.#range.to);
    return end;
  }

  /** A dropped segment may be missing, or look damaged if it is reused. */
  async #fail(error: unknown): Promise<never> {
    await this.return();
    this.#requireThere(this.#nextLsn);
    throw error;
  }

  /** Throws if the next record was dropped, or one up to `last` cut off. */
  #requireThere(last: number): void {
    const { firstLsn, lastLsn } = this.#range;
    const nextLsn = this.#nextLsn;
    if (nextLsn < firstLsn()) throw new CompactedError(nextLsn, firstLsn());
    const end = lastLsn?.() ?? Infinity;
    if (last > end) throw new TruncatedError(nextLsn, end);
  }
}

/** Number of LSNs that a batch takes. */
function lsnsIn({ lost, records }: RecordBatch): number {
  return lost ?? records.length;
}

/** Frames that were read together. */
type Frames = Pick<FrameRun, "path" | "frames" | "isKept">;

async function* readRuns(
  storage: Storage,
  segments: readonly SegmentName[],
  { from, to, log, lookup }: ReadRange,
  pace: Pace,
): AsyncGenerator<Frames, undefined> {
  const firstLsnAt = (at: number) => segments[at].firstLsn;
  const first = Math.max(0, lastUpTo(from, segments.length, firstLsnAt));
  const found = await lookup.find(segments, first, from, to);
  if (found !== undefined) yield found;
  const nextLsn = found?.chain.nextLsn ?? from;
  if (nextLsn > to) return;
  let before: Pick<SegmentCursor, "nextLsn" | "link"> | undefined;
  for (let index = first; index < segments.length; index++) {
    const segment = segments[index];
    const end = segments[index + 1]?.firstLsn ?? Infinity;
    if (segment.firstLsn > to) return;
    if (end <= nextLsn) {
      before = found?.chain;
      continue;
    }
    const cursor = await SegmentCursor.open(storage, segment, log, pace);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      if (found !== undefined && index === first) {
        cursor.resume({ ...found.chain, offset: found.offset });
      }
      yield* readSegment(cursor, to, end);
      before = cursor;
    } finally {
      await cursor.close();
    }
  }
}

function copyOf(batch: RecordBatch): RecordBatch {
  return { ...batch, records: Array.from(batch.records, (one) => one.slice()) };
}

/** Reads up to record `to`, or up to `end`, where the next segment begins. */
async function* readSegment(
  cursor: SegmentCursor,
  to: number,
  end: number,
): AsyncGenerator<Frames, undefined> {
  const { path } = cursor.reader;
  const chain = cursor.frames(end);
  while (true) {
    const { value, done } = await chain.next();
    if (!done) {
      yield { path, frames: value };
      if (cursor.nextLsn > to) return;
    } else if (value === undefined) return;
    else throw missingRecord(path, cursor.nextLsn, value);
  }
}

/** The records `from` to `to` that a frame holds or has lost, if any. */
export function batchOf(
  path: string,
  frame: Frame,
  from: number,
  to: number,
): RecordBatch | undefined {
  const { firstLsn, hole, time } = frame;
  const lsns = lsnsOf(frame);
  const skip = Math.max(0, from - firstLsn);
  const stop = Math.min(lsns, to + 1 - firstLsn);
  if (skip >= stop) return undefined;
  if (hole !== undefined) {
    const lost = stop - skip;
    return { firstLsn: firstLsn + skip, records: [], time, lost };
  }
  const records = recordsOf(path, frame);
  return skip === 0 && stop === lsns
    ? { firstLsn, records, time }
    : { firstLsn: firstLsn + skip, records: records.slice(skip, stop), time };
}

/** A frame's records; throws {@linkcode CorruptLogError} if they do not fit. */
export function recordsOf(path: string, frame: Frame): FrameRecords {
  const records = splitRecords(frame);
  if (records instanceof FrameRecords) return records;
  throw new CorruptLogError(path, frame.offset, describeFault(records));
}
