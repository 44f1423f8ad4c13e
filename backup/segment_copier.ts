import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  encodeSegmentHeader,
  type Frame,
  type SegmentName,
} from "../storage/format/mod.ts";
import {
  type ChainPlace,
  readFully,
  removeFiles,
  removeQuietly,
  SegmentCursor,
  SegmentReader,
} from "../storage/segments/mod.ts";
import {
  type Storage,
  type StorageFile,
  writeAll,
} from "../storage/storage.ts";
import { Pace } from "../storage/turns.ts";
import { areEqual } from "./are_equal.ts";
import { putFile, stageFile } from "./put_file.ts";
import { RecordDigest } from "./record_digest.ts";
import { type Walked, walkFrames } from "./walk_frames.ts";

/** Bytes at the end of a segment that are compared. */
const TAIL_BYTES = 64;

/** A segment, and how much of it to copy. */
export interface SegmentPart {
  readonly segment: SegmentName;
  /** LSN before which it ends. */
  readonly end: number;
  /** Whether it is the last one, so that a frame may reach beyond `end`. */
  readonly isLast: boolean;
  /** The end of the segment before it, if that is known. */
  readonly before: ChainPlace | undefined;
}

/** A segment that is copied, under a temporary name. */
export interface StagedSegment {
  readonly segment: SegmentName;
  readonly walked: Walked;
  /** Of its records up to the one that was asked for. */
  readonly digest: RecordDigest;
}

/** Copies segments, and compares those that are there already. */
export class SegmentCopier {
  /** Bytes written, by the names of the segments. */
  readonly written = new Map<string, number>();
  readonly #source: Storage;
  readonly #target: Storage;
  readonly #there: Set<string>;
  readonly #signal: AbortSignal | undefined;
  readonly #pace = new Pace();
  /** Segments that are known to be whole up to some record. */
  readonly #done = new Map<string, Walked>();
  /** Segments of the target whose header is damaged. */
  readonly #damaged = new Set<string>();

  /** Copies from `source` to `target`, where the segments `there` are. */
  constructor(
    source: Storage,
    target: Storage,
    there: Iterable<string>,
    signal: AbortSignal | undefined,
  ) {
    this.#source = source;
    this.#target = target;
    this.#there = new Set(there);
    this.#signal = signal;
  }

  /** Whether a segment has the same header in source and target. */
  async isSame(name: string): Promise<boolean> {
    const source = await this.#headerIn(this.#source, name);
    try {
      return areEqual(source, await this.#headerIn(this.#target, name));
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
      this.#damaged.add(name);
      return true;
    }
  }

  /**
   * Keeps a whole segment after a quick look. If it has another size than in
   * the source, as after a crash there, it is read; if it is damaged, it is
   * copied again.
   */
  async keep(part: SegmentPart): Promise<Walked | undefined> {
    const { name } = part.segment;
    const done = this.#done.get(name);
    if (done?.place.nextLsn === part.end) return done;
    if (!this.#damaged.has(name)) {
      if (await this.#hasSameEnd(name)) return undefined;
      const walked = await this.#isWhole(part);
      if (walked !== undefined) return walked;
    }
    return await this.copy(part);
  }

  /** Takes a segment that an earlier run has copied, or copies it. */
  async bring(part: SegmentPart): Promise<Walked> {
    const { segment: { name }, end } = part;
    const done = this.#done.get(name);
    if (done?.place.nextLsn === end) return done;
    if (!this.#there.has(name)) return await this.copy(part);
    const walked = await this.#isWhole(part);
    if (walked !== undefined) this.#done.set(name, walked);
    return walked ?? await this.copy(part);
  }

  /**
   * Adds to the last segment of the backup what it lacks. Only what follows
   * record `lastLsn` is written; nothing there counts yet.
   */
  async extend(part: SegmentPart, lastLsn: number): Promise<Walked> {
    const { segment } = part;
    const known = await this.#walkTarget(segment, lastLsn + 1);
    if (known === undefined || await this.#isShared(segment.name)) {
      return await this.copy(part);
    }
    const cursor = await this.#open(this.#source, segment);
    const file = await this.#target.open(segment.name, "write");
    try {
      if (!await holdsFrame(cursor.reader.file, known.last)) {
        throw new CorruptLogError(
          cursor.reader.path,
          known.last!.offset,
          `the frame of record ${lastLsn} is not the one in the backup`,
        );
      }
      cursor.resume(known.place);
      const added = await this.#addTo(file, cursor, part);
      const last = added.last ?? known.last;
      const walked = { ...added, last };
      this.#done.set(segment.name, walked);
      return walked;
    } finally {
      await file.close();
      await cursor.close();
    }
  }

  /** Copies a segment under its name. */
  async copy(part: SegmentPart): Promise<Walked> {
    const { name } = part.segment;
    const walked = await putFile(
      this.#target,
      name,
      (file) => this.#fill(file, part),
    );
    this.#copied(name, walked);
    return walked;
  }

  /** Copies a segment under a temporary name, and sums it up to record `to`. */
  async stage(part: SegmentPart, to: number): Promise<StagedSegment> {
    const { segment } = part;
    const digest = new RecordDigest(segment.firstLsn, to);
    const walked = await stageFile(
      this.#target,
      `${segment.name}.tmp`,
      (file) => this.#fill(file, part, (frame) => digest.add(frame)),
    );
    return { segment, walked, digest };
  }

  /**
   * Whether segments of the target hold the same records up to record `to` as
   * one that is to replace them from its first record on.
   */
  async agrees(
    { segment: { firstLsn }, digest }: StagedSegment,
    segments: readonly SegmentName[],
    to: number,
  ): Promise<boolean> {
    const mine = new RecordDigest(firstLsn, to);
    for (const [index, segment] of segments.entries()) {
      const end = Math.min(segments[index + 1]?.firstLsn ?? Infinity, to + 1);
      if (end <= firstLsn || end < segment.firstLsn) continue;
      const part = { segment, end, isLast: true, before: undefined };
      const add = (frame: Frame) => mine.add(frame);
      const { split } = await this.#walk(this.#target, part, add);
      if (split !== undefined) mine.add(split);
    }
    return mine.value === digest.value;
  }

  /** Gives a staged segment its name. */
  async publish({ segment: { name }, walked }: StagedSegment): Promise<void> {
    await this.#target.rename(`${name}.tmp`, name);
    this.#copied(name, walked);
  }

  /** Removes a staged segment. */
  discard({ segment: { name } }: StagedSegment): Promise<void> {
    return removeQuietly(this.#target, `${name}.tmp`);
  }

  /** Removes all segments but those, which never counted. */
  async removeOthers(kept: readonly SegmentName[]): Promise<void> {
    const names = new Set(kept.map(({ name }) => name));
    const others = [...this.#there].filter((name) => !names.has(name));
    await removeFiles(this.#target, others.map((name) => ({ name })));
    for (const name of others) {
      this.#there.delete(name);
      this.#done.delete(name);
    }
  }

  /** Reads a segment of the target; copies it again if it is damaged. */
  async verify(part: SegmentPart): Promise<Walked> {
    const walked = await this.#isWhole(part);
    if (walked !== undefined) return walked;
    await this.copy(part);
    const again = await this.#walk(this.#target, part);
    return again;
  }

  #copied(name: string, walked: Walked): void {
    this.#there.add(name);
    this.#damaged.delete(name);
    this.#done.set(name, walked);
    this.written.set(name, walked.offset);
  }

  #open(storage: Storage, segment: SegmentName): Promise<SegmentCursor> {
    return SegmentCursor.open(storage, segment, undefined, this.#pace);
  }

  async #headerIn(storage: Storage, name: string): Promise<Uint8Array> {
    const reader = await SegmentReader.open(storage, name, this.#pace);
    try {
      return encodeSegmentHeader(reader.header);
    } finally {
      await reader.close();
    }
  }

  /** Whether a file has another name, as in a copy made of hard links. */
  async #isShared(name: string): Promise<boolean> {
    const file = await this.#target.open(name, "read");
    try {
      return (await file.links?.() ?? 1) > 1;
    } finally {
      await file.close();
    }
  }

  /** Whether a segment has the same size and the same last bytes in both. */
  async #hasSameEnd(name: string): Promise<boolean> {
    const mine = await endOf(this.#target, name);
    const theirs = await endOf(this.#source, name);
    return mine.size === theirs.size && areEqual(mine.tail, theirs.tail);
  }

  /** Walks a segment of the target, if it is the same and has all of that. */
  async #isWhole(part: SegmentPart): Promise<Walked | undefined> {
    try {
      const isSame = await this.isSame(part.segment.name);
      return isSame ? await this.#walk(this.#target, part) : undefined;
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
      return undefined;
    }
  }

  async #walk(
    storage: Storage,
    { segment, end, before, isLast }: SegmentPart,
    see?: (frame: Frame) => void,
  ): Promise<Walked> {
    const cursor = await this.#open(storage, segment);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      const signal = this.#signal;
      const maySplit = see !== undefined && isLast;
      return await walkFrames(cursor, { end, maySplit, signal, see });
    } finally {
      await cursor.close();
    }
  }

  /** Writes a header, and the frames that belong to the segment. */
  async #fill(
    file: StorageFile,
    { segment, end, isLast, before }: SegmentPart,
    see?: (frame: Frame) => void,
  ): Promise<Walked> {
    const cursor = await this.#open(this.#source, segment);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      await writeAll(file, encodeSegmentHeader(cursor.reader.header), 0);
      return await walkFrames(cursor, {
        end,
        maySplit: isLast,
        signal: this.#signal,
        see,
        pass: (bytes, offset) => writeAll(file, bytes, offset),
      });
    } finally {
      await cursor.close();
    }
  }

  /** Writes what follows the place of `cursor`, unless there is nothing new. */
  async #addTo(
    file: StorageFile,
    cursor: SegmentCursor,
    { segment: { name }, end, isLast }: SegmentPart,
  ): Promise<Walked> {
    const size = await file.size();
    let bytes = 0;
    let isNew = false;
    // A seal or a mark, which may be there already.
    const held: [Uint8Array, number][] = [];
    const write = async (run: Uint8Array, offset: number) => {
      bytes += run.length;
      await writeAll(file, run, offset);
    };
    const walked = await walkFrames(cursor, {
      end,
      maySplit: isLast,
      signal: this.#signal,
      see: () => void (isNew = true),
      async pass(run, offset) {
        if (!isNew) return void held.push([run, offset]);
        for (const [run, offset] of held.splice(0)) await write(run, offset);
        await write(run, offset);
      },
    });
    if (!isNew && walked.offset === size) return walked;
    for (const [run, offset] of held) await write(run, offset);
    if (size > walked.offset) await file.truncate(walked.offset);
    await file.datasync();
    this.written.set(name, (this.written.get(name) ?? 0) + bytes);
    return walked;
  }

  /** Walks the target's segment up to its last record; not if it is damaged. */
  async #walkTarget(
    segment: SegmentName,
    end: number,
  ): Promise<Walked | undefined> {
    const { name } = segment;
    if (this.#damaged.has(name)) return undefined;
    const done = this.#done.get(name);
    if (done?.place.nextLsn === end) return done;
    try {
      const part = { segment, end, isLast: true, before: undefined };
      return await this.#walk(this.#target, part);
    } catch (error) {
      if (!(error instanceof CorruptLogError)) throw error;
      return undefined;
    }
  }
}

async function endOf(storage: Storage, name: string) {
  const file = await storage.open(name, "read");
  try {
    const size = await file.size();
    const at = Math.max(0, size - TAIL_BYTES);
    return { size, tail: await readFully(file, at, size - at) };
  } finally {
    await file.close();
  }
}

/** Whether a segment has the frame at its place. */
async function holdsFrame(
  file: StorageFile,
  frame: Walked["last"],
): Promise<boolean> {
  if (frame === undefined) return true;
  const bytes = await readFully(file, frame.offset, 8);
  const { buffer, byteOffset, length } = bytes;
  return length === 8 &&
    new DataView(buffer, byteOffset).getUint32(4, true) === frame.checksum;
}
