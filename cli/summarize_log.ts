import { countRecords, type SegmentReport } from "./examine_log.ts";
import type { LiveLog } from "./examine_live_log.ts";

/** What all segments of a log come to. */
export interface LogSummary {
  /** LSN of the oldest record. */
  readonly firstLsn: number;
  /** LSN of the last one; below the first if there is none. */
  readonly lastLsn: number;
  /** Number of records that can be read. */
  readonly records: number;
  /** Number of records that repairs gave up. */
  readonly lost: number;
  /** Number of frames, marks included. */
  readonly frames: number;
  /** Bytes of the segments' files. */
  readonly bytes: number;
  /** The highest LSN that a frame declares synced; 0 if none does. */
  readonly syncedLsn: number;
}

/** Adds up what is in the segments. */
export function summarizeLog(reports: readonly SegmentReport[]): LogSummary {
  const sum = (value: (report: SegmentReport) => number) =>
    reports.reduce((total, report) => total + value(report), 0);
  return {
    firstLsn: reports[0]?.firstLsn ?? 1,
    lastLsn: reports.at(-1)?.lastLsn ?? 0,
    ...countRecords(reports),
    frames: sum(({ frames }) => frames),
    bytes: sum(({ bytes }) => bytes),
    syncedLsn: Math.max(0, ...reports.map(({ syncedLsn }) => syncedLsn)),
  };
}

/**
 * A log as `--json` shows it. Each name is a promise to those who read it: the
 * help and the README list them.
 */
export function logToJson({ report, end, lock }: LiveLog) {
  const { reports, fenced, unfinished, originals } = report;
  return {
    ...summarizeLog(reports),
    end: { state: end.state, offset: end.offset, bytes: end.bytes },
    lock,
    segments: reports.map(segmentToJson),
    fenced: fenced.map(({ name }) => name),
    unfinished,
    originals,
  };
}

function segmentToJson(report: SegmentReport) {
  const { name, epoch, firstLsn, lastLsn, frames, bytes, syncedLsn } = report;
  const { holes, damage } = report;
  return {
    ...{ name, epoch, firstLsn, lastLsn, frames, bytes, syncedLsn },
    holes: holes.map(({ offset, firstLsn, lastLsn }) => (
      { offset, firstLsn, lastLsn }
    )),
    ...(damage !== undefined && {
      damage: {
        file: damage.file,
        offset: damage.offset,
        reason: damage.reason,
      },
    }),
  };
}
