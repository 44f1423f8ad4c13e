import { lostContents } from "../../recovery/salvage/mod.ts";
import { type FencedSegment, readFenced } from "../../recovery/survey.ts";
import {
  CorruptLogError,
  missingRecord,
} from "../../storage/corrupt_log_error.ts";
import {
  type Frame,
  KIND,
  lsnsOf,
  type SegmentName,
} from "../../storage/format/mod.ts";
import { recordsOf, SegmentCursor } from "../../storage/segments/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { StorageError } from "../../storage/storage_error.ts";
import {
  type Damage,
  judgeTail,
  type LiveSurvey,
  retryIfGone,
  surveyLiveLog,
  type Tail,
} from "../../reader/survey_live_log.ts";

/** Records lost in a repair. */
interface HoleReport {
  /** Where in the segment this is recorded, in bytes. */
  readonly offset: number;
  /** LSN of the first lost record. */
  readonly firstLsn: number;
  /** LSN of the last one; below the first if the repair only mended a link. */
  readonly lastLsn: number;
}

/** What is in a segment. */
export interface SegmentReport {
  /** The file's name. */
  readonly name: string;
  /** The epoch of the owner that made it. */
  readonly epoch: number;
  /** LSN of its first record that is kept, or would be. */
  readonly firstLsn: number;
  /** LSN of its last record; below the first if it has none. */
  lastLsn: number;
  /** Frames, except those whose records have all been dropped. */
  frames: number;
  /** Size of the file. */
  bytes: number;
  /** The highest LSN that one of its frames declares synced. */
  syncedLsn: number;
  /** What was lost in earlier repairs. */
  holes: HoleReport[];
  /** The first damage, if there is any. */
  damage?: Damage;
}

/** What is in a log. */
export interface LogReport extends LiveSurvey {
  /** The segments, in order. */
  readonly reports: SegmentReport[];
  /** Segments that do not belong to the log, and what is in them. */
  readonly fenced: FencedSegment[];
  /** The end of the last segment; absent if there is none that can be read. */
  readonly tail?: Tail;
}

/**
 * Reads all of a log without its lock; damage is reported, not thrown. Starts
 * over if the log's owner drops a file that is being read.
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

/** The same report, with another look at the last segment. */
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

/** Examines segments one after another, starting with any. */
class Examination {
  readonly #storage: Storage;
  readonly #files: LiveSurvey;
  /** The log's identity: the manifest's, or else the first whole segment's. */
  #log: string | undefined;
  #before: SegmentCursor | undefined;
  /** The end of the last segment, once it was examined and found sound. */
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

  /** A segment that cannot be opened is damage; says what should be in it. */
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
    // What follows damage cannot be compared with what came before.
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

/** Runs `act`; what it throws is damage, unless the storage failed. */
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

/** Records that a checkpoint dropped are checked like the rest, not counted. */
function count(report: SegmentReport, frame: Frame, path: string): void {
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
  report.syncedLsn = Math.max(report.syncedLsn, syncedLsn);
  // A mark says no more than that.
  if (frame.kind === KIND.mark) return;
  report.frames++;
  report.lastLsn = Math.max(report.lastLsn, lastLsn);
}
