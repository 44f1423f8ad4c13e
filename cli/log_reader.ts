import { survey } from "../recovery/survey.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { batchOf } from "../storage/read_segments.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import { missingRecord } from "../storage/segment_damage.ts";
import type { SegmentStop } from "../storage/segment_reader.ts";
import type { Storage, StorageFile } from "../storage/storage.ts";
import { judgeTail } from "./judge_tail.ts";

/** Which records to read. */
export interface LogReaderOptions {
  /** LSN of the first; absent for the oldest that is kept. */
  from?: number;
  /** LSN of the last, or `Infinity`. */
  to: number;
}

/**
 * Reads a log without its lock, while a writer may be at work. Each call of
 * `read` goes on where the one before has ended.
 */
export class LogReader {
  readonly #storage: Storage;
  readonly #to: number;
  #nextLsn: number | undefined;
  #cursor: SegmentCursor | undefined;
  #seenBytes = -1;

  /** Touches nothing yet. */
  constructor(storage: Storage, { from, to }: LogReaderOptions) {
    this.#storage = storage;
    this.#nextLsn = from;
    this.#to = to;
  }

  /** Whether nothing that comes can be asked for any more. */
  get isDone(): boolean {
    return this.#nextLsn !== undefined && this.#nextLsn > this.#to;
  }

  /**
   * The records that are there now. Throws `CorruptLogError` where
   * one is missing or damaged; a torn end is just the end.
   */
  async *read(): AsyncGenerator<RecordBatch> {
    const { segments } = await survey(this.#storage);
    this.#refuseIfGone(segments);
    const start = await this.#startIn(segments);
    for (let index = start; index < segments.length; index++) {
      if (this.isDone) return;
      yield* this.#readSegment(segments[index], segments[index + 1]?.firstLsn);
    }
  }

  /** Closes the file that is open. */
  async close(): Promise<void> {
    await this.#cursor?.close();
    this.#cursor = undefined;
  }

  #refuseIfGone([oldest]: SegmentName[]): void {
    if (oldest === undefined) return;
    this.#nextLsn ??= oldest.firstLsn;
    if (this.#nextLsn >= oldest.firstLsn) return;
    throw new RangeError(
      `Cannot read record ${this.#nextLsn} as it is not kept any more: the ` +
        `oldest is ${oldest.firstLsn}`,
    );
  }

  /** Goes on in the open segment, unless it was truncated away meanwhile. */
  async #startIn(segments: SegmentName[]): Promise<number> {
    const open = segments.findIndex(({ name }) =>
      name === this.#cursor?.reader.name
    );
    if (open !== -1) return open;
    await this.close();
    const from = this.#nextLsn ?? 0;
    const beyond = segments.findIndex(({ firstLsn }) => firstLsn > from);
    return Math.max(0, (beyond === -1 ? segments.length : beyond) - 1);
  }

  /**
   * All frames are followed, also those whose records were shown already: a
   * recovery copies the end of a segment, and what comes next follows the copy.
   */
  async *#readSegment(
    segment: SegmentName,
    end: number | undefined,
  ): AsyncGenerator<RecordBatch> {
    const cursor = await this.#open(segment);
    const { file } = cursor.reader;
    if (end !== undefined && cursor.nextLsn > end) return;
    if (end === undefined && !await this.#hasGrown(file)) return;
    const frames = cursor.frames(end);
    while (!this.isDone) {
      const { value, done } = await frames.next();
      if (done) return await this.#endSegment(cursor, end, value);
      // What is shown must not vanish in a crash; see the recovery.
      if (end === undefined) await file.datasync();
      for (const frame of value) {
        const from = this.#nextLsn ?? frame.firstLsn;
        const batch = batchOf(cursor.reader.path, frame, from, this.#to);
        if (batch === undefined) continue;
        const { firstLsn, records, lost } = batch;
        this.#nextLsn = firstLsn + (lost ?? records.length);
        yield batch;
      }
    }
  }

  async #open(segment: SegmentName): Promise<SegmentCursor> {
    const before = this.#cursor;
    if (before?.reader.name === segment.name) return before;
    const cursor = await SegmentCursor.open(this.#storage, segment);
    this.#cursor = cursor;
    this.#seenBytes = -1;
    await before?.close();
    if (before !== undefined) cursor.requireToFollow(before);
    return cursor;
  }

  /** Asked before reading, so that what comes meanwhile is read next time. */
  async #hasGrown(file: StorageFile): Promise<boolean> {
    const bytes = await file.size();
    if (bytes === this.#seenBytes) return false;
    this.#seenBytes = bytes;
    return true;
  }

  /** Only the last segment may end anywhere. */
  async #endSegment(
    { reader, nextLsn }: SegmentCursor,
    end: number | undefined,
    stop: SegmentStop | undefined,
  ): Promise<void> {
    if (stop === undefined || stop.fault === "end" && end === undefined) return;
    if (end !== undefined) throw missingRecord(reader.path, nextLsn, stop);
    const { scan, corrupt } = await judgeTail(reader);
    if (corrupt) throw missingRecord(reader.path, scan.lastLsn + 1, scan.stop);
  }
}
