import {
  encodeFrame,
  encodeHole,
  encodeSegmentHeader,
  formatSegmentName,
  FRAME_HEADER_BYTES,
  frameBytes,
  KIND,
  makeFrame,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from "../storage/format/mod.ts";
import type { RecordBatch } from "../storage/frame_log.ts";
import { randomNumber, removeQuietly } from "../storage/segments/mod.ts";
import {
  type Storage,
  type StorageFile,
  writeAll,
} from "../storage/storage.ts";

/** The epoch of segments that a restore makes: no owner has written them. */
export const RESTORED_EPOCH = 1;

/** Where the next frame goes. */
export interface RestoredEnd {
  /** LSN of the last record. */
  lastLsn: number;
  /** Checksum that the next frame names. */
  link: number;
  /** The time of the last frame. */
  time: number;
}

/** Bytes that are written at once. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * Writes the segments of a log, each synced as a whole before it gets its name:
 * what has one is complete.
 */
export class SegmentFiles {
  readonly #storage: Storage;
  readonly #log: string;
  readonly #segmentBytes: number;
  readonly #end: RestoredEnd;
  #open: { name: string; file: StorageFile; salt: number } | undefined;
  /** Bytes of the open segment that are written. */
  #written = 0;
  #chunk: Uint8Array = new Uint8Array(CHUNK_BYTES);
  #filled = 0;
  /** Number of segments that it has made. */
  segments = 0;
  /** Bytes of their frames. */
  bytes = 0;

  /** Continues at `end` the log of an id. */
  constructor(
    storage: Storage,
    log: string,
    segmentBytes: number,
    end: RestoredEnd,
  ) {
    this.#storage = storage;
    this.#log = log;
    this.#segmentBytes = segmentBytes;
    this.#end = end;
  }

  /** Where it stands; what is not finished is not durable. */
  get end(): Readonly<RestoredEnd> {
    return this.#end;
  }

  /** Writes a frame of the records that follow, or a hole. */
  async add(batch: RecordBatch): Promise<void> {
    const { firstLsn, records, lost, time = 0 } = batch;
    const end = this.#end;
    end.time = Math.max(end.time, time);
    const length = lost === undefined ? lengthOf(batch) : HOLE_LENGTH;
    const size = frameBytes(length);
    if (this.#written + this.#filled + size > this.#segmentBytes) {
      await this.finish();
    }
    const { salt } = this.#open ?? await this.#begin(firstLsn);
    await this.#makeRoom(size);
    const at = this.#filled;
    const into = this.#chunk.subarray(at, at + size);
    const header = {
      ...{ salt, previous: end.link, firstLsn, time: end.time },
      syncedLsn: firstLsn - 1 + (lost ?? 0),
    };
    if (lost !== undefined) {
      const hole = encodeHole({ resumes: end.link, lost });
      const kind = KIND.hole;
      into.set(makeFrame(hole, { ...header, count: 0, kind }).bytes);
    } else {
      layOut(into, batch);
      const count = records.length;
      const kind = KIND.records;
      end.link = encodeFrame(into, { ...header, count, length, kind });
    }
    end.lastLsn += lost ?? records.length;
    this.#filled += size;
  }

  /** Makes durable what was added; the next frame begins another segment. */
  async finish(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    await this.#flush();
    await open.file.datasync();
    await open.file.close();
    this.#open = undefined;
    await this.#storage.rename(`${open.name}.tmp`, open.name);
    this.segments++;
  }

  /** Removes what is not finished. */
  async abandon(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    await Promise.resolve(open.file.close()).catch(() => {});
    await removeQuietly(this.#storage, `${open.name}.tmp`);
  }

  async #begin(firstLsn: number) {
    const storage = this.#storage;
    const name = formatSegmentName(firstLsn, RESTORED_EPOCH);
    await removeQuietly(storage, `${name}.tmp`);
    const file = await storage.open(`${name}.tmp`, "create");
    const salt = randomNumber(storage);
    this.#open = { name, file, salt };
    this.#written = 0;
    this.#filled = SEGMENT_HEADER_BYTES;
    const header = encodeSegmentHeader({
      ...{ log: this.#log, firstLsn, epoch: RESTORED_EPOCH, salt },
      previous: this.#end.link,
    });
    this.#chunk.set(header);
    return this.#open;
  }

  async #makeRoom(size: number): Promise<void> {
    if (this.#filled + size <= this.#chunk.length) return;
    await this.#flush();
    if (size > this.#chunk.length) this.#chunk = new Uint8Array(size);
  }

  async #flush(): Promise<void> {
    const bytes = this.#chunk.subarray(0, this.#filled);
    await writeAll(this.#open!.file, bytes, this.#written);
    this.#written += this.#filled;
    this.bytes += this.#filled;
    this.#filled = 0;
  }
}

/** Bytes of a hole's content. */
const HOLE_LENGTH = encodeHole({ resumes: 0, lost: 1 }).length;

function lengthOf({ records }: RecordBatch): number {
  let length = 0;
  for (const record of records) length += record.length + RECORD_HEADER_BYTES;
  return length;
}

/** Puts records where they belong in a frame. */
function layOut(frame: Uint8Array, { records }: RecordBatch): void {
  const view = new DataView(frame.buffer, frame.byteOffset);
  let at = FRAME_HEADER_BYTES;
  for (const record of records) {
    view.setUint32(at, record.length, true);
    frame.set(record, at + RECORD_HEADER_BYTES);
    at += RECORD_HEADER_BYTES + record.length;
  }
}
