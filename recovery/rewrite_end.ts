import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  advance,
  chainStart,
  createSegment,
  IndexBuilder,
  type PlacedFrame,
  SegmentCursor,
  type SegmentOwner,
} from "../storage/segments/mod.ts";
import {
  type Storage,
  type StorageFile,
  type StorageLock,
  writeAll,
} from "../storage/storage.ts";
import {
  encodeIndex,
  frameBytes,
  indexBytes,
  KIND,
  lsnsOf,
  makeFrame,
  type SegmentName,
} from "../storage/format/mod.ts";

/** Which records to write anew. */
export interface EndRange {
  /** The log's segments, in order. */
  segments: readonly SegmentName[];
  /** LSN that the first frame of them begins with. */
  firstLsn: number;
  /** LSN of the log's last record. */
  lastLsn: number;
}

/** A segment made by the recovery, and the link behind it. */
export interface RewrittenEnd {
  /** The segment. */
  segment: SegmentName;
  /** Checksum that the next segment has to name. */
  link: number;
}

/**
 * Writes the frames at the end of a log anew, in one synced and sealed segment
 * of this opening's, which takes the place of what it was read from: what no
 * frame declares synced, before anybody believes it, and small segments.
 *
 * For the first a sync in place is not enough: if a sync failed in the life
 * before, Linux keeps the bytes in memory but takes them for synced; they can
 * be read, and no later sync writes them (Rebello and others, USENIX ATC 2020).
 * Writing them again in place is no way out: a crash in the middle could tear a
 * record that was acknowledged.
 *
 * What is read ends with `lastLsn`, which one scan has found: an owner that was
 * overtaken may still be writing behind it.
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
        `Cannot rewrite from record ${range.firstLsn}: none is there`,
      );
    }
    const { firstLsn, previous } = first.value;
    let link = previous;
    const created = await createSegment(storage, lock, {
      log: owner.log,
      epoch: owner.epoch,
      firstLsn,
      previous,
      async fill(file, offset, salt) {
        const copy = new Copy(file, offset, salt, previous);
        await copy.add(first.value);
        for await (const frame of frames) await copy.add(frame);
        link = copy.link;
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

/** Lays frames out anew, linked among themselves. */
class Copy {
  readonly #file: StorageFile;
  readonly #salt: number;
  readonly #index: IndexBuilder;
  #nextLsn = 0;
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

  async add(frame: PlacedFrame): Promise<void> {
    this.#index.add(frame.firstLsn, this.offset);
    const checksum = await this.#write(frame);
    this.link = frame.hole?.resumes ?? checksum;
    this.#nextLsn = frame.firstLsn + lsnsOf(frame);
    this.#time = frame.time;
  }

  /** True as soon as anybody can read it: the segment is synced before. */
  async seal(): Promise<void> {
    const { entries } = this.#index;
    const length = indexBytes(entries.length);
    await this.#write({
      firstLsn: this.#nextLsn,
      syncedLsn: this.#nextLsn - 1,
      count: 0,
      payload: encodeIndex(entries, frameBytes(length)),
      time: this.#time,
      kind: KIND.seal,
    });
  }

  async #write(
    { firstLsn, syncedLsn, count, payload, time, kind }: Pick<
      PlacedFrame,
      "firstLsn" | "syncedLsn" | "count" | "payload" | "time" | "kind"
    >,
  ): Promise<number> {
    const { bytes, checksum } = makeFrame(payload, {
      salt: this.#salt,
      previous: this.link,
      firstLsn,
      syncedLsn,
      count,
      time,
      kind,
    });
    await writeAll(this.#file, bytes, this.offset);
    this.offset += bytes.length;
    return checksum;
  }
}

/**
 * Each with the checksum that a segment which begins with it has to name; what
 * takes no LSN is left out.
 */
async function* framesOf(
  storage: Storage,
  { segments, firstLsn, lastLsn }: EndRange,
  log: string,
): AsyncGenerator<PlacedFrame, undefined> {
  let before: SegmentCursor | undefined;
  for (const [index, segment] of segments.entries()) {
    const end = Math.min(
      segments[index + 1]?.firstLsn ?? Infinity,
      lastLsn + 1,
    );
    if (end <= firstLsn) continue;
    const cursor = await SegmentCursor.open(storage, segment, log);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      const chain = chainStart(cursor.reader.header);
      for await (const frames of cursor.frames(end)) {
        for (const frame of frames) {
          const previous = chain.link;
          advance(chain, frame);
          const isWanted = lsnsOf(frame) > 0 && frame.firstLsn >= firstLsn;
          if (isWanted) yield { ...frame, previous };
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

/** Segments at the end of a log from which on they are merged. */
const LEAST_SEGMENTS = 8;

/** Bytes that an opening copies at most to merge segments. */
const MERGE_BYTES = 1024 * 1024;

/**
 * The number of segments at the end of a log to be merged, as each opening adds
 * one: all of the last that have `MERGE_BYTES` together, if they are many.
 *
 * None gets larger than a segment may be. Every byte is copied about once for each seven openings that add a segment,
 * until it lies in one of that size; so a log has few more than one a megabyte.
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

async function sizeOf(storage: Storage, name: string): Promise<number> {
  const file = await storage.open(name, "read");
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
