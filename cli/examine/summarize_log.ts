import type { FencedSegment } from "../../recovery/survey.ts";
import type { Manifest } from "../../storage/format/mod.ts";
import type { LiveLog } from "./examine_live_log.ts";
import type { LogReport, SegmentReport } from "./examine_log.ts";
import type { Damage } from "../../reader/survey_live_log.ts";

/** The totals of a log's segments. */
export interface LogSummary {
  /** LSN of the oldest record kept. */
  readonly firstLsn: number;
  /** LSN of the last one; below the first if there is none. */
  readonly lastLsn: number;
  /** Number of records that can be read. */
  readonly records: number;
  /** Number of records lost in repairs. */
  readonly lost: number;
  /** Number of frames that hold them, including seals. */
  readonly frames: number;
  /** Total size of the segments' files. */
  readonly bytes: number;
  /** The highest LSN that a frame or the manifest declares synced, or 0. */
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

/** Number of records in segments, and of those lost in holes. */
function countRecords(
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

/**
 * A log as `--json` shows it. Its names are an interface, which the help and
 * docs/cli.md list.
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

/** A segment that does not belong to the log, as `--json` shows it. */
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

/** Says that a file does not belong to the log. */
export function describeStray(name: string): string {
  return `${name} does not belong to the log, and is left alone`;
}
