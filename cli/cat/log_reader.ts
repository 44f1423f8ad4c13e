import { isComplete } from "../../recovery/decide_tail.ts";
import {
  CorruptLogError,
  missingRecord,
} from "../../storage/corrupt_log_error.ts";
import { CompactedError, type RecordBatch } from "../../storage/frame_log.ts";
import {
  batchOf,
  SegmentCursor,
  type SegmentStop,
} from "../../storage/segments/mod.ts";
import type { Storage, StorageFile } from "../../storage/storage.ts";
import {
  isGone,
  judgeTail,
  type LiveSurvey,
  surveyLiveLog,
} from "../../reader/survey_live_log.ts";

/** Which records to read. */
interface LogReaderOptions {
  /** LSN of the first; absent for the oldest that is kept. */
  readonly from?: number;
  /** LSN of the last, or `Infinity`. */
  readonly to: number;
}

/** Attempts at reading segments that vanish before they can be read. */
const MISSES = 10;

/**
 * Reads a log without its lock, while a writer may be at work. Each call of
 * `read` continues where the one before ended.
 */
export class LogReader {
  readonly #storage: Storage;
  readonly #to: number;
  #nextLsn: number | undefined;
  #cursor: SegmentCursor | undefined;
  #seenBytes = -1;
  /** How many times in a row a file vanished after it had been listed. */
  #misses = 0;

  /** Touches nothing yet. */
  constructor(storage: Storage, { from, to }: LogReaderOptions) {
    this.#storage = storage;
    this.#nextLsn = from;
    this.#to = to;
  }

  /** Whether the last record that was asked for has been read. */
  get isDone(): boolean {
    return this.#nextLsn !== undefined && this.#nextLsn > this.#to;
  }

  /**
   * The records that are there now. Throws `CorruptLogError` if one is missing
   * or damaged, and `CompactedError` if one was dropped; a torn end is simply
   * the end.
   */
  async *read(): AsyncGenerator<RecordBatch> {
    this.#misses = 0;
    while (true) {
      try {
        return yield* this.#readOnce();
      } catch (error) {
        // The owner has dropped a segment since the segments were listed.
        if (!isGone(error) || ++this.#misses === MISSES) throw error;
      }
    }
  }

  async *#readOnce(): AsyncGenerator<RecordBatch> {
    const files = await surveyLiveLog(this.#storage);
    if (files.damage !== undefined) {
      const { file, offset, reason } = files.damage;
      throw new CorruptLogError(file, offset, reason);
    }
    this.#refuseIfDropped(files);
    const start = await this.#startIn(files);
    for (let index = start; index < files.segments.length; index++) {
      if (this.isDone) return;
      yield* this.#readSegment(files, index);
    }
  }

  /** Closes the file that is open. */
  async close(): Promise<void> {
    await this.#cursor?.close();
    this.#cursor = undefined;
  }

  #refuseIfDropped({ manifest }: LiveSurvey): void {
    if (manifest === undefined) return;
    this.#nextLsn ??= manifest.firstLsn;
    if (this.#nextLsn >= manifest.firstLsn) return;
    throw new CompactedError(this.#nextLsn, manifest.firstLsn);
  }

  /** Continues in the open segment, unless it has been dropped meanwhile. */
  async #startIn({ segments }: LiveSurvey): Promise<number> {
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
   * Follows every frame, even those whose records were already shown: recovery
   * copies the end of a segment, and the next frame follows the copy.
   */
  async *#readSegment(
    files: LiveSurvey,
    index: number,
  ): AsyncGenerator<RecordBatch> {
    const cursor = await this.#open(files, index);
    const { file } = cursor.reader;
    const isLast = index === files.segments.length - 1;
    const end = isLast ? files.end : files.segments[index + 1].firstLsn;
    if (cursor.nextLsn > end) return;
    if (isLast && !await this.#hasGrown(file)) return;
    const frames = cursor.frames(end);
    while (!this.isDone) {
      const { value, done } = await frames.next();
      if (done) return await this.#endSegment(cursor, files, isLast, value);
      // Recovery could still discard what is not synced; what is shown stays.
      if (isLast) await file.datasync();
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

  async #open(
    { segments, manifest }: LiveSurvey,
    index: number,
  ): Promise<SegmentCursor> {
    const segment = segments[index];
    const before = this.#cursor;
    if (before?.reader.name === segment.name) return before;
    const log = manifest?.log;
    const cursor = await SegmentCursor.open(this.#storage, segment, log);
    this.#cursor = cursor;
    this.#seenBytes = -1;
    this.#misses = 0;
    await before?.close();
    if (before !== undefined) cursor.requireToFollow(before);
    return cursor;
  }

  /** Asked before reading, so that later growth is read next time. */
  async #hasGrown(file: StorageFile): Promise<boolean> {
    const bytes = await file.size();
    if (bytes === this.#seenBytes) return false;
    this.#seenBytes = bytes;
    return true;
  }

  /** Only the last segment may end anywhere, unless the manifest says more. */
  async #endSegment(
    { reader, nextLsn, link }: SegmentCursor,
    files: LiveSurvey,
    isLast: boolean,
    stop: SegmentStop | undefined,
  ): Promise<void> {
    if (!isLast) {
      if (stop === undefined) return;
      throw missingRecord(reader.path, nextLsn, stop);
    }
    if (stop === undefined || stop.fault === "end") {
      const lastLsn = nextLsn - 1;
      if (isComplete({ lastLsn, link }, files.manifest)) return;
    }
    const { scan, fault } = await judgeTail(reader, files);
    if (fault === undefined) return;
    throw new CorruptLogError(reader.path, scan.stop.offset, fault);
  }
}
