import { type FencedSegment, readFenced } from "../../recovery/survey.ts";
import { lostContents } from "../../recovery/salvage/mod.ts";
import {
  CorruptLogError,
  missingRecord,
} from "../../storage/corrupt_log_error.ts";
import { lsnsOf, type SegmentName } from "../../storage/format/mod.ts";
import {
  type PlacedFrame,
  recordsOf,
  SegmentCursor,
} from "../../storage/segments/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { judgeTail, type Tail } from "./verify.ts";
import {
  isGone,
  type LiveSurvey,
  retryIfGone,
  surveyLiveLog,
} from "./survey_live_log.ts";
import { describeEnd, type LogEnd } from "./describe_end.ts";
import { type LockState, readLockState } from "./lock_state.ts";

/** Damage that no crash explains. */
export interface Damage {
  /** The path of the segment or manifest, or of the log as a whole. */
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
  /** LSN of the first record in here that is kept, or was to be. */
  readonly firstLsn: number;
  /** LSN of the last record of the log in here; below the first if none is. */
  lastLsn: number;
  /** Frames that hold a record that is kept, or none at all. */
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
export interface LogReport extends LiveSurvey {
  /** The segments, in order. */
  readonly reports: SegmentReport[];
  /** Segments that are no part of the log, and what is in them. */
  readonly fenced: FencedSegment[];
  /** The end of the last segment; absent if it cannot be read, or is none. */
  readonly tail?: Tail;
}

/**
 * Reads all of a log without its lock; damage is reported, not thrown. Begins
 * anew if the log's owner drops what is being read.
 */
export function examineLog(storage: Storage): Promise<LogReport> {
  return retryIfGone(async () => {
    const files = await surveyLiveLog(storage);
    const examination = new Examination(storage, files);
    const reports: SegmentReport[] = [];
    for (const index of files.segments.keys()) {
      reports.push(await examination.examine(index));
    }
    const fenced = await readFenced(storage, files);
    const { tail } = examination;
    return { ...files, reports, fenced, ...(tail !== undefined && { tail }) };
  });
}

/** The same report, with what the last segment has come to. */
export async function examineEndAgain(
  storage: Storage,
  report: LogReport,
): Promise<LogReport> {
  const examination = new Examination(storage, report);
  const last = await examination.examine(report.segments.length - 1);
  const { tail: _, ...files } = report;
  const { tail } = examination;
  const reports = [...report.reports.slice(0, -1), last];
  return { ...files, reports, ...(tail !== undefined && { tail }) };
}

/** Examines segments one after the other, from any on. */
class Examination {
  readonly #storage: Storage;
  readonly #files: LiveSurvey;
  /** Of the log; of the first whole segment where there is no manifest. */
  #log: string | undefined;
  #before: SegmentCursor | undefined;
  /** The end of the last segment, once that was examined and is sound. */
  tail: Tail | undefined;

  constructor(storage: Storage, files: LiveSurvey) {
    this.#storage = storage;
    this.#files = files;
    this.#log = files.manifest?.log;
  }

  async examine(index: number): Promise<SegmentReport> {
    const segment = this.#files.segments[index];
    const report = this.#emptyReport(segment);
    const next = this.#files.segments[index + 1]?.firstLsn;
    const file = `${this.#storage.location}/${segment.name}`;
    await reportDamage(report, file, async () => {
      const cursor = await this.#open(segment, next);
      try {
        this.#log ??= cursor.reader.header.log;
        await this.#read(report, cursor, next);
      } finally {
        await cursor.close();
      }
    });
    return report;
  }

  /** What cannot be opened is damage, with what should be in it. */
  async #open(
    segment: SegmentName,
    next: number | undefined,
  ): Promise<SegmentCursor> {
    try {
      return await SegmentCursor.open(this.#storage, segment, this.#log);
    } catch (error) {
      this.#before = undefined;
      if (!(error instanceof CorruptLogError)) throw error;
      const { manifest, end } = this.#files;
      const { text } = lostContents(segment, next ?? end, manifest);
      const { segment: path, offset, reason } = error;
      throw new CorruptLogError(path, offset, `${reason}; ${text}`);
    }
  }

  async #read(
    report: SegmentReport,
    cursor: SegmentCursor,
    next: number | undefined,
  ): Promise<void> {
    const { reader } = cursor;
    const before = this.#before;
    // What follows damage has nothing to be compared with.
    this.#before = undefined;
    report.bytes = await reader.file.size();
    if (before !== undefined) cursor.requireToFollow(before);
    const frames = cursor.frames(next ?? this.#files.end);
    let step = await frames.next();
    for (; !step.done; step = await frames.next()) {
      for (const frame of step.value) count(report, frame, reader.path);
    }
    if (next !== undefined && step.value !== undefined) {
      throw missingRecord(reader.path, cursor.nextLsn, step.value);
    }
    this.#before = cursor;
    if (next !== undefined) return;
    const tail = await judgeTail(reader, this.#files);
    const { fault, scan: { stop } } = tail;
    if (fault !== undefined) {
      throw new CorruptLogError(reader.path, stop.offset, fault);
    }
    this.tail = tail;
  }

  #emptyReport({ name, epoch, firstLsn }: SegmentName): SegmentReport {
    const keptLsn = Math.max(firstLsn, this.#files.manifest?.firstLsn ?? 1);
    const lastLsn = keptLsn - 1;
    return {
      ...{ name, epoch, firstLsn: keptLsn, lastLsn },
      ...{ frames: 0, bytes: 0, syncedLsn: lastLsn, holes: [] },
    };
  }
}

/** A segment that cannot be read at all is damage, too. */
async function reportDamage(
  report: SegmentReport,
  file: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const { offset = 0, reason, message } = error as Partial<CorruptLogError>;
    report.damage = { file, offset, reason: reason ?? String(message) };
  }
}

/** What a checkpoint has dropped is checked like the rest, but not counted. */
function count(report: SegmentReport, frame: PlacedFrame, path: string): void {
  const { offset, syncedLsn, hole } = frame;
  const lsns = lsnsOf(frame);
  const lastLsn = frame.firstLsn + lsns - 1;
  // A seal has an index, and no records.
  if (frame.count > 0) recordsOf(path, frame);
  if (lsns > 0 && lastLsn < report.firstLsn) return;
  if (hole !== undefined) {
    const firstLsn = Math.max(frame.firstLsn, report.firstLsn);
    report.holes.push({ offset, firstLsn, lastLsn });
  }
  report.frames++;
  report.lastLsn = Math.max(report.lastLsn, lastLsn);
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

/** What is in a log that somebody may be writing to. */
export interface LiveLog {
  /** All that was read. */
  readonly report: LogReport;
  /** How it ends. */
  readonly end: LogEnd;
  /** Who may write to it. */
  readonly lock: LockState;
}

/** Longer than a write takes. */
const LOOK_AGAIN_MS = 100;

/**
 * Reads all of a log, and its lock, in a real directory. An end that looks torn
 * is looked at again if the log may have an owner: a frame that is being
 * written looks the same.
 */
export async function examineLiveLog(storage: Storage): Promise<LiveLog> {
  const lock = readLockState(storage.location);
  const report = await examineLog(storage);
  const end = describeEnd(report);
  const mayBeOwned = lock.state !== "free" && lock.state !== "dead";
  if (end.state !== "torn" || !mayBeOwned) return { report, end, lock };
  await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  const later = await examineAgain(storage, report);
  const endLater = describeEnd(later);
  return {
    report: later,
    end: endLater.state === "torn" && lock.state === "alive"
      ? { ...endLater, state: "writing" }
      : endLater,
    lock,
  };
}

async function examineAgain(
  storage: Storage,
  report: LogReport,
): Promise<LogReport> {
  try {
    return await examineEndAgain(storage, report);
  } catch (error) {
    if (!isGone(error)) throw error;
    return await examineLog(storage);
  }
}
