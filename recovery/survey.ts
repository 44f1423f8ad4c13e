import { ForeignFileError } from "../storage/foreign_file_error.ts";
import { isLockFile } from "../storage/format/lock_name.ts";
import {
  compareSegments,
  isOriginal,
  parseSegmentName,
  parseUnfinished,
  type SegmentName,
} from "../storage/format/segment_name.ts";
import type { Storage } from "../storage/storage.ts";

/** The files of a log, by kind. */
export interface Survey {
  /** The segments that make up the log, in order. */
  segments: SegmentName[];
  /**
   * Segments that a fenced owner made after it had been overtaken: their epoch
   * is below that of a segment before them. Kept, never read.
   */
  fenced: SegmentName[];
  /** Segments whose making was cut short: they hold no record. */
  unfinished: string[];
  /** Originals of repaired segments: kept, never read. */
  originals: string[];
}

/**
 * Sorts the files of a log; throws {@linkcode ForeignFileError} at one that is
 * not a log's. Hidden files and `lost+found` are left alone.
 */
export async function survey(storage: Storage): Promise<Survey> {
  const found: SegmentName[] = [];
  const unfinished: string[] = [];
  const originals: string[] = [];
  for (const name of await storage.list()) {
    const segment = parseSegmentName(name);
    if (segment !== undefined) found.push(segment);
    else if (parseUnfinished(name) !== undefined) unfinished.push(name);
    else if (isOriginal(name)) originals.push(name);
    else if (!isLockFile(name) && !isIgnored(name)) {
      throw new ForeignFileError(`${storage.location}/${name}`);
    }
  }
  const segments: SegmentName[] = [];
  const fenced: SegmentName[] = [];
  let epoch = 0;
  for (const segment of found.sort(compareSegments)) {
    (segment.epoch < epoch ? fenced : segments).push(segment);
    epoch = Math.max(epoch, segment.epoch);
  }
  return { segments, fenced, unfinished, originals };
}

function isIgnored(name: string): boolean {
  return name.startsWith(".") || name === "lost+found";
}
