import { compact, markdownTable, millis } from "../report/markdown_table.ts";
import type { CurvePoint, OverloadPoint } from "./growth_job.ts";

const MIB = 2 ** 20;

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0);
}

/** The table of a log that grew. */
export function formatCurve(points: readonly CurvePoint[]): string {
  return markdownTable(
    [
      ...["records", "ns/record", "log MiB", "segments", "open ms"],
      ...["tail MiB", "open after crash ms", "RSS MiB"],
    ],
    points.map((point) => [
      compact(point.records),
      point.nsPerRecord.toFixed(0),
      mebibytes(point.bytes),
      String(point.segments),
      millis(point.openMs),
      mebibytes(point.tailBytes),
      millis(point.openCrashedMs),
      mebibytes(point.residentBytes),
    ]),
    0,
  );
}

/** The table of overloads. */
export function formatOverload(points: readonly OverloadPoint[]): string {
  return markdownTable(
    [
      ...["producers", "maxQueued MiB", "records/s", "RSS before MiB"],
      ...["peak RSS MiB", "growth / maxQueued"],
    ],
    points.map((point) => [
      point.way,
      mebibytes(point.maxQueuedBytes),
      compact(point.recordsPerSecond),
      mebibytes(point.residentBefore),
      mebibytes(point.residentPeak),
      ((point.residentPeak - point.residentBefore) / point.maxQueuedBytes)
        .toFixed(1),
    ]),
  );
}
