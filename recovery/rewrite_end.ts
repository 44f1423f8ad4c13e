import { invariant } from "../invariant.ts";
import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  encodeIndex,
  type Frame,
  frameBytes,
  indexBytes,
  KIND,
  lsnsOf,
  makeFrame,
  type SegmentName,
} from "../storage/format/mod.ts";
import {
  advance,
  type ChainEnd,
  type ChainPlace,
  createSegment,
  IndexBuilder,
  SegmentCursor,
  type SegmentOwner,
  sizeOf,
} from "../storage/segments/mod.ts";
import {
  type Storage,
  type StorageFile,
  type StorageLock,
  writeAll,
} from "../storage/storage.ts";
import type { Pace } from "../storage/turns.ts";

/** What a write costs, in bytes to read. */
const WRITE_BYTES = 8 * 1024;

/** The records to rewrite. */
export interface EndRange {
  /** The log's segments, in order. */
  segments: readonly SegmentName[];
  /** First LSN of the first frame to rewrite. */
  firstLsn: number;
  /** LSN of the log's last record. */
  lastLsn: number;
  /** How it gives way to others. */
  pace: Pace;
  /** A place in the last segment, from which on the scan need not be redone. */
  place?: ChainPlace | undefined;
}

/** A segment made by the recovery, and the link after it. */
export interface RewrittenEnd {
  /** The segment. */
  segment: SegmentName;
  /** Checksum that the next segment must name. */
  link: number;
}

/**
 * Rewrites the frames at the end of a log to one synced and sealed segment of
 * this opening, which replaces the segments they were read from. This serves
 * two purposes: to make durable what no frame declares synced, before anybody
 * relies on it, and to merge small segments.
 *
 * For the former, a sync in place is not enough. If a sync failed in the
 * previous process, Linux keeps the bytes in memory but treats them as synced:
 * they can be read, but no later sync writes them (Rebello et al., USENIX ATC
 * 2020). Overwriting them in place does not help either: a crash in the middle
 * could tear an acknowledged record.
 *
 * Reading stops at `lastLsn`, which a single scan has found, because a
 * displaced owner may still be writing after it.
 */
export async function rewriteEnd(
  storage: Storage,
  lock: StorageLock,
  owner: SegmentOwner,
  range: EndRange,
): Promise<RewrittenEnd> {
  const frames = framesOf(storage, range, owner.log);
  try {
    const first = await frames.next();
    if (first.done) {
      throw new Error(
        `Cannot rewrite from record ${range.firstLsn} because it is missing`,
      );
    }
    const { frame: { firstLsn }, previous } = first.value;
    let link = previous;
    const created = await createSegment(storage, lock, {
      log: owner.log,
      epoch: owner.epoch,
      firstLsn,
      previous,
      async fill(file, offset, salt) {
        const copy = new Copy(file, offset, salt, previous);
        await copy.add(first.value.frame);
        for await (const { frame } of frames) {
          await copy.add(frame);
          await range.pace.spend(WRITE_BYTES + frame.bytes);
        }
        link = copy.link;
        invariant(copy.nextLsn === range.lastLsn + 1, "a copy without its end");
        await copy.seal();
        return copy.offset;
      },
    });
    await created.file.close();
    const { name, epoch } = created;
    return { segment: { name, firstLsn, epoch }, link };
  } finally {
    await frames.return(undefined);
  }
}

/** Copies frames and links them to one another. */
class Copy {
  readonly #file: StorageFile;
  readonly #salt: number;
  readonly #index: IndexBuilder;
  nextLsn = 0;
  #time = 0;
  link: number;
  offset: number;

  constructor(
    file: StorageFile,
    offset: number,
    salt: number,
    previous: number,
  ) {
    this.#file = file;
    this.#salt = salt;
    this.#index = new IndexBuilder(offset);
    this.offset = offset;
    this.link = previous;
  }

  async add(frame: Frame): Promise<void> {
    const index = this.#index;
    if (this.offset >= index.dueAt) index.add(frame.firstLsn, this.offset);
    const checksum = await this.#write(frame);
    this.link = frame.hole?.resumes ?? checksum;
    this.nextLsn = frame.firstLsn + lsnsOf(frame);
    this.#time = frame.time;
  }

  /** Holds as soon as anyone can read it: the segment is synced before. */
  async seal(): Promise<void> {
    const { entries } = this.#index.index;
    const length = indexBytes(entries.length);
    await this.#write({
      firstLsn: this.nextLsn,
      syncedLsn: this.nextLsn - 1,
      count: 0,
      payload: encodeIndex(entries, frameBytes(length)),
      time: this.#time,
      kind: KIND.seal,
      flags: 0,
    });
  }

  async #write(
    { firstLsn, syncedLsn, count, payload, time, kind, flags }:
      & Pick<Frame, "firstLsn" | "syncedLsn" | "count" | "payload">
      & Pick<Frame, "time" | "kind" | "flags">,
  ): Promise<number> {
    const { bytes, checksum } = makeFrame(payload, {
      salt: this.#salt,
      previous: this.link,
      firstLsn,
      syncedLsn,
      count,
      time,
      kind,
      flags,
    });
    await writeAll(this.#file, bytes, this.offset);
    this.offset += bytes.length;
    return checksum;
  }
}

/** A frame, and the checksum that a segment which begins with it must name. */
interface LinkedFrame {
  readonly frame: Frame;
  readonly previous: number;
}

/** The frames of a range that take LSNs. */
async function* framesOf(
  storage: Storage,
  { segments, firstLsn, lastLsn, place, pace }: EndRange,
  log: string,
): AsyncGenerator<LinkedFrame, undefined> {
  let before: SegmentCursor | undefined;
  for (const [index, segment] of segments.entries()) {
    const end = Math.min(
      segments[index + 1]?.firstLsn ?? Infinity,
      lastLsn + 1,
    );
    if (end <= firstLsn) continue;
    const cursor = await SegmentCursor.open(storage, segment, log, pace);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      const isLast = index === segments.length - 1;
      if (isLast && place !== undefined && place.nextLsn <= firstLsn) {
        cursor.resume(place);
      }
      const chain: ChainEnd = cursor.place;
      for await (const frames of cursor.frames(end)) {
        for (const frame of frames) {
          const previous = chain.link;
          advance(chain, frame);
          const isWanted = lsnsOf(frame) > 0 && frame.firstLsn >= firstLsn;
          if (isWanted) yield { frame, previous };
        }
      }
      if (cursor.nextLsn !== end) {
        const { path } = cursor.reader;
        throw new CorruptLogError(path, 0, `record ${end - 1} is missing`);
      }
      before = cursor;
    } finally {
      await cursor.close();
    }
  }
}

/** Minimum number of segments that are merged. */
const LEAST_SEGMENTS = 8;

/** Maximum number of bytes that an opening copies to merge segments. */
const MERGE_BYTES = 1024 * 1024;

/**
 * Number of segments to merge at the end of a log, because each opening adds
 * one: as many of the last ones as fit in `MERGE_BYTES` together, if those are
 * at least `LEAST_SEGMENTS`.
 *
 * A merged segment never exceeds the maximum size of a segment. Each byte is
 * copied about once per seven openings that add a segment, until it is in a
 * segment of that size, so a log has few more segments than one per megabyte.
 */
export async function countMergeable(
  storage: Storage,
  segments: readonly SegmentName[],
  segmentBytes: number,
): Promise<number> {
  if (segments.length < LEAST_SEGMENTS) return 0;
  let count = 0;
  let bytes = 0;
  for (const { name } of segments.toReversed()) {
    bytes += await sizeOf(storage, name);
    if (bytes > Math.min(MERGE_BYTES, segmentBytes)) break;
    count++;
  }
  return count < LEAST_SEGMENTS ? 0 : count;
}
