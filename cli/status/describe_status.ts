import { describeLock } from "../examine/lock_state.ts";
import {
  formatAge,
  formatAmount,
  formatRange,
  formatRecords,
  formatSize,
  formatTable,
  printable,
} from "../io/format.ts";
import type { StorageSpace } from "../../storage/storage.ts";
import type { StatusAnswer } from "../../monitor/ask_status.ts";
import type { ReplicaStats } from "../../monitor/replica_stats.ts";
import type { LiveStatus } from "../../monitor/live_status.ts";
import type { Distribution } from "../../writer/histogram.ts";
import type { Level, Problem } from "./judge_status.ts";
import type { CursorStatus, LogStatus } from "./read_status.ts";

/** The state of a log: that of its worst problem. */
export function stateOf(problems: readonly Problem[]): "ok" | Level {
  return problems[0]?.level ?? "ok";
}

/** The rows about one aspect of a log. */
type Section = (status: LogStatus, now: number) => string[][];

const SECTIONS: readonly Section[] = [
  ...[recordRows, ownerRows, liveRows, sizeRows, cursorRows, snapshotRows],
  otherRows,
];

/** A line for each problem, or one that says there is none; then the rest. */
export function describeStatus(
  status: LogStatus,
  problems: readonly Problem[],
  now: number,
): string[] {
  const rows = SECTIONS.flatMap((section) => section(status, now))
    .map((row) => row.map(printable));
  return [
    ...problems.map(({ level, message }) =>
      printable(`${level.toUpperCase()}: ${message}`)
    ),
    ...(problems.length === 0 ? [`OK: ${describeSize(status)}`] : []),
    "",
    formatTable(rows),
  ];
}

function describeSize({ extent, bytes, segments }: LogStatus): string {
  return `${formatRecords(extent?.records ?? 0)}, ${formatSize(bytes)} in ${
    formatAmount(segments, "segment")
  }`;
}

function recordRows({ extent }: LogStatus, now: number): string[][] {
  if (extent === undefined) return [["records", "unknown"]];
  const { firstLsn, lastLsn, durableLsn, oldestTime, newestTime } = extent;
  const range = formatRange(firstLsn, lastLsn);
  const durable = durableLsn < lastLsn
    ? `durable up to LSN ${durableLsn}`
    : "all durable";
  const records = range === ""
    ? `none; the next is LSN ${lastLsn + 1}`
    : `${formatRecords(extent.records)}, ${range}; ${durable}`;
  if (oldestTime === undefined || newestTime === undefined) {
    return [["records", records]];
  }
  return [
    ["records", records],
    ["written", `${formatTime(oldestTime)} to ${formatTime(newestTime)}`],
    ["last", `${formatAge(now - newestTime)} ago`],
  ];
}

function formatTime(time: number): string {
  return new Date(time).toISOString();
}

function ownerRows({ lock, extent }: LogStatus): string[][] {
  const end = extent?.isClosed ? "; the log was closed" : "";
  return [["lock", describeLock(lock) + (lock.state === "free" ? end : "")]];
}

function liveRows({ live }: LogStatus): string[][] {
  if (live?.status === undefined) return [];
  const { health, queue, thread, atRisk, latency, replica } = live.status;
  const [sync, ack] = [latency.syncMs, latency.ackMs].map(p99Of);
  return [
    ["health", health.status],
    ["queue", formatRecords(queue.records + queue.waitingRecords)],
    ...(thread.status === "none" ? [] : [["thread", describeThread(thread)]]),
    ["at risk", `${formatRecords(atRisk.records)} until they are durable`],
    ...(latency.ackMs.count === 0
      ? []
      : [["p99", `a sync ${sync}, an acknowledgement ${ack}`]]),
    ...(replica === undefined ? [] : [["replica", describeReplica(replica)]]),
  ];
}

function describeReplica(
  { state, lsn, lagRecords, lagMs, error }: ReplicaStats,
): string {
  const lag = lagRecords === 0
    ? "up to date"
    : `lags by ${formatRecords(lagRecords)}, ${formatAge(lagMs)}`;
  const why = error === undefined ? "" : `; ${error}`;
  return `${state}, at LSN ${lsn}, ${lag}${why}`;
}

function p99Of(times: Distribution): string {
  return `${times.quantile(0.99).toPrecision(3)} ms`;
}

function describeThread(
  { status, ends, handedRecords, wakeMs }: LiveStatus["thread"],
): string {
  return [
    status,
    `${formatRecords(handedRecords)} handed over`,
    ...(ends === 0 ? [] : [`ended ${formatAmount(ends, "time")}`]),
    ...(wakeMs.count === 0 ? [] : [`waking up takes ${p99Of(wakeMs)} (p99)`]),
  ].join(", ");
}

function sizeRows({ bytes, segments, disk }: LogStatus): string[][] {
  const size = `${formatSize(bytes)} in ${formatAmount(segments, "segment")}`;
  if (disk === undefined) return [["size", size]];
  const free = `${formatSize(disk.freeBytes)} free of ${
    formatSize(disk.totalBytes)
  }`;
  return [["size", size], ["disk", free]];
}

function cursorRows({ cursors }: LogStatus): string[][] {
  return cursors.map((cursor) => [
    "cursor",
    `${cursor.name} ${describeCursor(cursor)}`,
  ]);
}

/** How far a cursor is. */
export function describeCursor(
  { committedLsn, lag, bytes }: CursorStatus,
): string {
  if (committedLsn === undefined) return "cannot be read";
  const place = `at LSN ${committedLsn}`;
  if (lag === undefined) return place;
  if (lag === 0) return `${place}, up to date`;
  const size = bytes === undefined ? "" : ` in ${formatSize(bytes)}`;
  return `${place}, lags by ${formatRecords(lag)}${size}`;
}

function snapshotRows({ snapshots }: LogStatus): string[][] {
  return snapshots.map(({ lsn, bytes }) => [
    "snapshot",
    `up to LSN ${lsn}, ${formatSize(bytes)}`,
  ]);
}

/** The singular of a list's name, as `wal inspect` shows it. */
const KINDS = [
  ["fenced", "fenced"],
  ["unfinished", "unfinished"],
  ["obsolete", "obsolete"],
  ["replaced", "replaced"],
  ["originals", "original"],
  ["strays", "stray"],
] as const;

function otherRows({ others }: LogStatus): string[][] {
  return KINDS.flatMap(([list, kind]) =>
    others[list].map((name) => [kind, name])
  );
}

/**
 * A status as `--json` shows it. Its names are an interface, which docs/cli.md
 * lists.
 */
export function statusToJson(
  status: LogStatus,
  problems: readonly Problem[],
  now: number,
) {
  const { lock, extent, segments, bytes, disk, cursors, snapshots } = status;
  return {
    state: stateOf(problems),
    problems,
    ...(extent !== undefined && extentToJson(extent, now)),
    ...{ segments, bytes, lock },
    ...(disk !== undefined && { disk: diskToJson(disk) }),
    ...{ cursors, snapshots },
    ...status.others,
    ...(status.live !== undefined && { live: liveToJson(status.live) }),
  };
}

function liveToJson({ status, reason }: StatusAnswer) {
  if (status === undefined) return { reason };
  const { health, alerts, queue, atRisk, busyMs, uptimeMs, latency } = status;
  const { thread: { wakeMs }, replica } = status;
  const p99Ms = Object.fromEntries(
    Object.entries({ ...latency, wakeMs }).map(([name, times]) => [
      name.replace(/Ms$/, ""),
      times.count === 0 ? null : times.quantile(0.99),
    ]),
  );
  const thread = threadToJson(status.thread);
  return {
    ...{ health, alerts, queue, thread, atRisk, busyMs, uptimeMs, p99Ms },
    ...(replica !== undefined && { replica }),
  };
}

/** The flush thread, without its histogram. */
export function threadToJson({ wakeMs: _, ...thread }: LiveStatus["thread"]) {
  return thread;
}

function diskToJson({ totalBytes, freeBytes }: StorageSpace) {
  return { bytes: totalBytes, freeBytes };
}

function extentToJson(extent: LogStatus["extent"] & object, now: number) {
  const { firstLsn, lastLsn, durableLsn, records, isClosed } = extent;
  const { oldestTime, newestTime } = extent;
  return {
    ...{ firstLsn, lastLsn, durableLsn, records, closed: isClosed },
    ...(oldestTime !== undefined && { oldestTime: formatTime(oldestTime) }),
    ...(newestTime !== undefined && {
      newestTime: formatTime(newestTime),
      ageMs: Math.max(0, now - newestTime),
    }),
  };
}
