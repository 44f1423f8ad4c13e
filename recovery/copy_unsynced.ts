import { createSegment } from "../storage/create_segment.ts";
import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  frameBytes,
  type FrameHeader,
  lsnsOf,
} from "../storage/format/frame.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { advance, firstLink } from "../storage/segment_chain.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import type { PlacedFrame, SegmentReader } from "../storage/segment_reader.ts";
import type { Storage, StorageFile, StorageLock } from "../storage/storage.ts";
import { writeAll } from "../storage/write_all.ts";
import type { SegmentScan } from "./scan_tail.ts";

/** A segment made by the recovery, and the checksum to follow it. */
export interface CopiedEnd {
  /** The segment. */
  segment: SegmentName;
  /** Checksum that the next frame has to name. */
  checksum: number;
}

/**
 * Makes durable what a scan found but no frame declares synced, before anybody
 * believes it: copies it to a segment of its own, which takes the place of the
 * end of the scanned one and is marked as closed.
 *
 * A sync in place is not enough: if a sync failed in the life before, Linux
 * keeps the bytes in memory but takes them for synced; they can be read, and no
 * later sync writes them (Rebello and others, USENIX ATC 2020). Writing them
 * again in place is no way out: a crash in the middle could tear a record that
 * was acknowledged.
 */
export async function copyUnsynced(
  storage: Storage,
  lock: StorageLock,
  reader: SegmentReader,
  scan: SegmentScan,
  epoch: number,
): Promise<CopiedEnd | undefined> {
  const frames = unsyncedFrames(reader, scan);
  const { value: first, done } = await frames.next();
  if (done) return undefined;
  const { firstLsn, previous } = first;
  let checksum = previous;
  const created = await createSegment(storage, lock, {
    firstLsn,
    epoch,
    previous,
    async fill(file, offset, salt) {
      const copy = new Copy(file, offset, salt, first);
      await copy.add(first);
      for await (const frame of frames) await copy.add(frame);
      checksum = copy.checksum;
      await copy.mark();
      return copy.offset;
    },
  });
  await created.file.close();
  const { name } = created;
  return { segment: { name, firstLsn, epoch }, checksum };
}

/** Lays frames out anew, linked among themselves. */
class Copy {
  readonly #file: StorageFile;
  readonly #salt: number;
  #lastLsn: number;
  checksum: number;
  offset: number;

  constructor(
    file: StorageFile,
    offset: number,
    salt: number,
    { firstLsn, previous }: FrameHeader,
  ) {
    this.#file = file;
    this.#salt = salt;
    this.offset = offset;
    this.checksum = previous;
    this.#lastLsn = firstLsn - 1;
  }

  async add(frame: PlacedFrame): Promise<void> {
    const { count, payload, syncedLsn, hole } = frame;
    const checksum = await this.#write(count, payload, syncedLsn);
    this.checksum = hole?.resumes ?? checksum;
    this.#lastLsn += lsnsOf(frame);
  }

  /** True as soon as anybody can read it: the segment is synced before. */
  async mark(): Promise<void> {
    await this.#write(0, new Uint8Array(), this.#lastLsn);
  }

  async #write(
    count: number,
    payload: Uint8Array,
    syncedLsn: number,
  ): Promise<number> {
    const bytes = new Uint8Array(frameBytes(payload.length));
    bytes.set(payload, FRAME_HEADER_BYTES);
    const checksum = encodeFrame(bytes, {
      salt: this.#salt,
      previous: this.checksum,
      firstLsn: this.#lastLsn + 1,
      syncedLsn,
      count,
      length: payload.length,
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
async function* unsyncedFrames(
  reader: SegmentReader,
  { syncedLsn, lastLsn }: SegmentScan,
): AsyncGenerator<PlacedFrame, undefined> {
  if (syncedLsn >= lastLsn) return;
  const link = firstLink(reader.header);
  for await (const frames of new SegmentCursor(reader).frames()) {
    for (const frame of frames) {
      const previous = link.joint;
      advance(link, frame);
      const isUnsynced = lsnsOf(frame) > 0 && link.nextLsn - 1 > syncedLsn;
      if (isUnsynced) yield { ...frame, previous };
    }
  }
}
