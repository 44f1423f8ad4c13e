import { type Survey, survey } from "../recovery/survey.ts";
import type { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { lsnsOf } from "../storage/format/frame.ts";
import type { SegmentName } from "../storage/format/segment_name.ts";
import { recordsOf } from "../storage/read_segments.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import { missingRecord } from "../storage/segment_damage.ts";
import type { PlacedFrame } from "../storage/segment_reader.ts";
import type { Storage } from "../storage/storage.ts";
import { StorageError } from "../storage/storage_error.ts";
import { judgeTail, type Tail } from "./judge_tail.ts";

/** Damage that no crash explains. */
export interface Damage {
  /** The segment's path. */
  readonly file: string;
  /** Where in it, in bytes. */
  readonly offset: number;
  /** What was expected and what was found. */
  readonly reason: string;
}

/** Records that a repair gave up. */
export interface HoleReport {
  /** Where in the segment this is recorded, in bytes. */
  readonly offset: number;
  /** LSN of the first record that is lost. */
  readonly firstLsn: number;
  /** LSN of the last one; below the first if a repair only mended a link. */
  readonly lastLsn: number;
}

/** What is in a segment. */
export interface SegmentReport {
  /** The file's name. */
  readonly name: string;
  /** Number of the opening that made it. */
  readonly epoch: number;
  /** LSN of the first record. */
  readonly firstLsn: number;
  /** LSN of the last record of the log in here; below the first if none is. */
  lastLsn: number;
  /** Frames that belong to the log, marks included. */
  frames: number;
  /** Bytes of the file. */
  bytes: number;
  /** The highest LSN that a frame here declares synced. */
  syncedLsn: number;
  /** What earlier repairs gave up here. */
  holes: HoleReport[];
  /** The first damage, if there is any. */
  damage?: Damage;
}

/** What is in a log. */
export interface LogReport extends Survey {
  /** The segments, in order. */
  readonly reports: SegmentReport[];
  /** The end of the last segment; absent if it cannot be read, or is none. */
  readonly tail?: Tail;
}

/** Reads all of a log without its lock; damage is reported, not thrown. */
export async function examineLog(storage: Storage): Promise<LogReport> {
  const files = await survey(storage);
  const reports: SegmentReport[] = [];
  let before: SegmentCursor | undefined;
  let tail: Tail | undefined;
  for (const [index, segment] of files.segments.entries()) {
    const report = emptyReport(segment);
    reports.push(report);
    const end = files.segments[index + 1]?.firstLsn;
    const cursor = await reportDamage(
      report,
      `${storage.location}/${segment.name}`,
      () => SegmentCursor.open(storage, segment),
    );
    if (cursor === undefined) {
      before = undefined;
      continue;
    }
    try {
      const examining = { report, cursor, before, end };
      tail = await reportDamage(
        report,
        cursor.reader.path,
        () => examineSegment(examining),
      );
      // What follows damage has nothing to be compared with.
      before = report.damage === undefined ? cursor : undefined;
    } finally {
      await cursor.close();
    }
  }
  return { ...files, reports, ...(tail !== undefined && { tail }) };
}

function emptyReport({ name, epoch, firstLsn }: SegmentName): SegmentReport {
  const lastLsn = firstLsn - 1;
  return {
    name,
    epoch,
    firstLsn,
    lastLsn,
    frames: 0,
    bytes: 0,
    syncedLsn: lastLsn,
    holes: [],
  };
}

/** A segment that cannot be read at all is damage, too. */
async function reportDamage<T>(
  report: SegmentReport,
  file: string,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const { offset = 0, reason, message } = error as Partial<CorruptLogError>;
    report.damage = { file, offset, reason: reason ?? String(message) };
    return undefined;
  }
}

interface Examining {
  report: SegmentReport;
  cursor: SegmentCursor;
  before: SegmentCursor | undefined;
  /** Where the next segment begins; absent in the last one. */
  end: number | undefined;
}

async function examineSegment(
  { report, cursor, before, end }: Examining,
): Promise<Tail | undefined> {
  const { reader } = cursor;
  report.bytes = await reader.file.size();
  if (before !== undefined) cursor.requireToFollow(before);
  const frames = cursor.frames(end);
  let step = await frames.next();
  for (; !step.done; step = await frames.next()) {
    for (const frame of step.value) count(report, frame, reader.path);
  }
  if (end !== undefined) {
    if (step.value !== undefined) {
      throw missingRecord(reader.path, cursor.nextLsn, step.value);
    }
    return undefined;
  }
  const tail = await judgeTail(reader);
  if (tail.corrupt) {
    throw missingRecord(reader.path, tail.scan.lastLsn + 1, tail.scan.stop);
  }
  return tail;
}

function count(report: SegmentReport, frame: PlacedFrame, path: string): void {
  const { offset, firstLsn, syncedLsn, hole } = frame;
  const lastLsn = firstLsn + lsnsOf(frame) - 1;
  if (hole === undefined) recordsOf(path, frame);
  else report.holes.push({ offset, firstLsn, lastLsn });
  report.frames++;
  report.lastLsn = lastLsn;
  report.syncedLsn = Math.max(report.syncedLsn, syncedLsn);
}

/** Number of records in segments, and of those that holes in them skip. */
export function countRecords(
  reports: readonly SegmentReport[],
): { records: number; lost: number } {
  let records = 0;
  let lost = 0;
  for (const { firstLsn, lastLsn, holes } of reports) {
    records += lastLsn - firstLsn + 1;
    for (const hole of holes) lost += hole.lastLsn - hole.firstLsn + 1;
  }
  return { records: records - lost, lost };
}
