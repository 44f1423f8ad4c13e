import type { FencedSegment } from "../../recovery/survey.ts";
import type { Manifest } from "../../storage/format/mod.ts";
import {
  countRecords,
  type Damage,
  type LiveLog,
  type LogReport,
  type SegmentReport,
} from "./examine_log.ts";

/** What all segments of a log come to. */
export interface LogSummary {
  /** LSN of the oldest record that is kept. */
  readonly firstLsn: number;
  /** LSN of the last one; below the first if there is none. */
  readonly lastLsn: number;
  /** Number of records that can be read. */
  readonly records: number;
  /** Number of records that repairs gave up. */
  readonly lost: number;
  /** Number of frames that hold them, seals included. */
  readonly frames: number;
  /** Bytes of the segments' files. */
  readonly bytes: number;
  /** The highest LSN that a frame or the manifest declares synced; or 0. */
  readonly syncedLsn: number;
}

/** Adds up what is in the segments. */
export function summarizeLog({ reports, manifest }: LogReport): LogSummary {
  const sum = (value: (report: SegmentReport) => number) =>
    reports.reduce((total, report) => total + value(report), 0);
  const firstLsn = reports[0]?.firstLsn ?? manifest?.firstLsn ?? 1;
  const durableLsn = manifest?.durableLsn ?? 0;
  return {
    firstLsn,
    lastLsn: reports.at(-1)?.lastLsn ?? firstLsn - 1,
    ...countRecords(reports),
    frames: sum(({ frames }) => frames),
    bytes: sum(({ bytes }) => bytes),
    syncedLsn: Math.max(
      durableLsn,
      ...reports.map(({ syncedLsn }) => syncedLsn),
    ),
  };
}

/**
 * A log as `--json` shows it. Each name is a promise to those who read it: the
 * help and the README list them.
 */
export function logToJson({ report, end, lock }: LiveLog) {
  const { reports, manifest, damage, strays, originals } = report;
  const names = (files: readonly { name: string }[]) =>
    files.map(({ name }) => name);
  return {
    ...summarizeLog(report),
    end: { state: end.state, offset: end.offset, bytes: end.bytes },
    lock,
    ...(damage !== undefined && { damage: damageToJson(damage) }),
    ...(manifest !== undefined && { manifest: manifestToJson(manifest) }),
    segments: reports.map(segmentToJson),
    fenced: report.fenced.map(fencedToJson),
    unfinished: names(report.unfinished),
    obsolete: names(report.obsolete),
    replaced: names(report.replaced),
    originals,
    strays,
  };
}

/** A segment that is no part of the log, as `--json` shows it. */
export function fencedToJson(
  { name, epoch, firstLsn, lastLsn, headerFault }: FencedSegment,
) {
  const fenced = { name, epoch, firstLsn, lastLsn };
  return headerFault === undefined
    ? fenced
    : { ...fenced, reason: headerFault };
}

function manifestToJson(manifest: Manifest) {
  const { log, epoch, firstLsn, baseLsn, durableLsn, closed } = manifest;
  return { log, epoch, firstLsn, baseLsn, durableLsn, closed };
}

function damageToJson({ file, offset, reason }: Damage) {
  return { file, offset, reason };
}

function segmentToJson(report: SegmentReport) {
  const { name, epoch, firstLsn, lastLsn, frames, bytes, syncedLsn } = report;
  const { holes, damage } = report;
  return {
    ...{ name, epoch, firstLsn, lastLsn, frames, bytes, syncedLsn },
    holes: holes.map(({ offset, firstLsn, lastLsn }) => (
      { offset, firstLsn, lastLsn }
    )),
    ...(damage !== undefined && { damage: damageToJson(damage) }),
  };
}
