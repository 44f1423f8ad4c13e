import {
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
} from "./format/segment_header.ts";
import { formatSegmentName, type SegmentName } from "./format/segment_name.ts";
import type { Storage, StorageFile, StorageLock } from "./storage.ts";
import { FencedError } from "./fenced_error.ts";
import { writeAll } from "./write_all.ts";

/** What a new segment begins with. */
export interface NewSegment {
  /** LSN of its first record. */
  firstLsn: number;
  /** Number of this opening. */
  epoch: number;
  /** Checksum of the frame before. */
  previous: number;
  /** Salt of its frames; random by default. */
  salt?: number;
  /** A file that becomes the segment: of zeros, or an old one; synced. */
  prepared?: string;
  /**
   * Writes what the segment is to hold from the start, at `offset`; returns
   * where it ends. By default nothing.
   */
  fill?: (file: StorageFile, offset: number, salt: number) => Promise<number>;
}

/** A segment that can be appended to. */
export interface CreatedSegment extends SegmentName {
  /** The open file. */
  file: StorageFile;
  /** The salt of its frames. */
  salt: number;
  /** Where its first, or next, frame goes. */
  offset: number;
}

/**
 * Makes a segment, in place of one of that name if there is any. Under its own
 * name it always has a whole, synced header and content: it is written under
 * another name, synced, and renamed.
 */
export async function createSegment(
  storage: Storage,
  lock: StorageLock,
  segment: NewSegment,
): Promise<CreatedSegment> {
  const { firstLsn, epoch, previous, fill, prepared } = segment;
  const salt = segment.salt ?? storage.salt?.() ?? randomSalt();
  const name = formatSegmentName(firstLsn, epoch);
  const temporary = prepared ?? `${name}.tmp`;
  const file = await storage.open(temporary, prepared ? "write" : "create");
  try {
    const header = encodeSegmentHeader({ firstLsn, epoch, salt, previous });
    await writeAll(file, header, 0);
    const offset = await fill?.(file, SEGMENT_HEADER_BYTES, salt) ??
      SEGMENT_HEADER_BYTES;
    await file.datasync();
    if (!await lock.held()) throw new FencedError(storage.location, epoch);
    await storage.rename(temporary, name);
    await storage.syncDirectory();
    return { name, firstLsn, epoch, file, salt, offset };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function randomSalt(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
