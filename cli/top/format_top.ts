import { describeLock, type LockState } from "../examine/lock_state.ts";
import type { LiveStatus } from "../../monitor/live_status.ts";
import { threadToJson } from "../status/describe_status.ts";
import {
  formatAmount,
  formatCount,
  formatDuration,
  formatRate,
  formatRecords,
  formatSize,
  formatTable,
  printable,
} from "../io/format.ts";
import type { Activity, LatencyFigures, Snapshot } from "./snapshot.ts";

/** A status that has not changed for so long may not be true any more. */
const OLD_MS = 3500;

/** The lines of a screen that shows a log. */
export function formatScreen(
  directory: string,
  snapshot: Snapshot,
  activity: Activity | undefined,
): string[] {
  const { time, status, notes } = snapshot;
  const rows = [
    ["owner", describeOwner(snapshot)],
    ...status === undefined
      ? []
      : [["settings", describeSettings(status.settings)]],
    ...healthRows(snapshot),
    ...notes.map((note) => ["note", note]),
    ["rate", describeRate(activity)],
  ];
  return [
    `wal top ${directory}  ${formatTime(time)} UTC${describeSpan(activity)}`,
    ...formatTable(rows).split("\n"),
    ...latencyLines(snapshot, activity),
    ...formatTable([
      ...loadRows(snapshot),
      ["LSNs", describePositions(snapshot)],
      ["storage", describeStorage(snapshot)],
      ...cursorRows(snapshot),
    ]).split("\n"),
  ].map(printable);
}

/** The columns of {@linkcode formatLine}. */
export const LINE_HEADER = formatCells([
  ...["time", "records/s", "bytes/s", "flushes/s", "ack p50", "ack p99"],
  ...["queued", "at risk", "health"],
]);

/** A log in one line, for output that is kept. */
export function formatLine(
  { time, status }: Snapshot,
  activity: Activity | undefined,
): string {
  const { recordsPerSecond: records, details } = activity ?? {};
  const { bytesPerSecond: bytes, flushesPerSecond: flushes } = details ?? {};
  const { p50Ms = NaN, p99Ms = NaN } = details?.latency.ackMs ?? {};
  return formatCells([
    formatTime(time).slice(-8),
    records === undefined ? "-" : formatRate(records),
    bytes === undefined ? "-" : formatSize(bytes),
    flushes === undefined ? "-" : formatRate(flushes),
    formatDuration(p50Ms),
    formatDuration(p99Ms),
    status === undefined ? "-" : formatCount(status.queue.records),
    status === undefined ? "-" : formatCount(status.atRisk.records),
    printable(status?.health.status ?? "-"),
  ]);
}

/**
 * A log as `--json` shows it. Its names are an interface, which docs/cli.md
 * lists.
 */
export function topToJson(
  directory: string,
  snapshot: Snapshot,
  activity: Activity | undefined,
): object {
  const { time, status, ageMs, notes, lock, lsn, storage, cursors } = snapshot;
  const { freeBytes, totalBytes } = storage;
  const { details, ...rate } = activity ?? {};
  const { latency, ...rates } = details ?? {};
  return {
    ...{ directory, time: new Date(time).toISOString(), notes, lock },
    ...{ firstLsn: lsn.first, writtenLsn: lsn.written },
    ...{ durableLsn: lsn.durable },
    ...{ segments: storage.segments, bytes: storage.bytes },
    ...(freeBytes !== undefined && { disk: { bytes: totalBytes, freeBytes } }),
    cursors,
    ...(activity !== undefined && { activity: { ...rate, ...rates } }),
    ...(latency !== undefined && { latency }),
    ...(status !== undefined && {
      ageMs,
      lastLsn: status.lsn.last,
      epoch: status.epoch,
      pid: status.pid,
      uptimeMs: status.uptimeMs,
      queue: status.queue,
      thread: threadToJson(status.thread),
      atRisk: status.atRisk,
      busyMs: status.busyMs,
      health: status.health,
      alerts: status.alerts,
      settings: status.settings,
    }),
  };
}

function formatCells(cells: readonly string[]): string {
  const last = cells.length - 1;
  return cells.map((cell, column) => column === last ? cell : cell.padStart(9))
    .join("  ").trimEnd();
}

/** `2026-11-29 14:03:22`. */
function formatTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

function describeOwner({ lock, status }: Snapshot): string {
  const owner = describeLock(lock as LockState);
  if (status === undefined) return owner;
  return `${owner}; epoch ${status.epoch}, open for ` +
    formatSpan(status.uptimeMs);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A long duration: `12 s`, `2 h 5 min`, `3 d 4 h`. */
function formatSpan(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / 1000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  const [unit, name, less, lessName] = ms < DAY
    ? [HOUR, "h", MINUTE, "min"] as const
    : [DAY, "d", HOUR, "h"] as const;
  const rest = Math.floor(ms % unit / less);
  return `${Math.floor(ms / unit)} ${name} ${rest} ${lessName}`;
}

function describeSettings(settings: object): string {
  const { policy, synchronous, syncIntervalMs } = settings as Record<
    string,
    unknown
  >;
  const interval = synchronous === "normal"
    ? `, every ${syncIntervalMs} ms`
    : "";
  return `${policy}, synchronous ${synchronous}${interval}`;
}

function healthRows({ status, ageMs }: Snapshot): string[][] {
  if (status === undefined) return [];
  const { health, alerts, busyMs } = status;
  const rows = health.reasons.length === 0
    ? [["health", health.status]]
    : health.reasons.map((reason, index) =>
      index === 0 ? ["health", `${health.status}: ${reason}`] : ["", reason]
    );
  if (ageMs > OLD_MS) {
    const why = "the owner is blocked or gone, or the disk is full";
    rows.push(["status", `unchanged for ${formatSpan(ageMs)}: ${why}`]);
  }
  if (busyMs > 1000) {
    rows.push(["busy", `a write or sync began ${formatDuration(busyMs)} ago`]);
  }
  const { length } = alerts;
  return [
    ...rows,
    ...alerts.map((
      { message },
      index,
    ) => [index === 0 ? "alerts" : "", message]),
    ...(length === 0 ? [["alerts", "none"]] : []),
  ];
}

/** The time that rates and latencies are about. */
function describeSpan(activity: Activity | undefined): string {
  if (activity === undefined) return "";
  const { isSinceOpening, ms } = activity;
  return isSinceOpening
    ? ", since it was opened"
    : `, the last ${formatDuration(ms)}`;
}

function describeRate(activity: Activity | undefined): string {
  if (activity === undefined) return "-";
  const { recordsPerSecond, details } = activity;
  const records = `${formatRate(recordsPerSecond)} records/s`;
  if (details === undefined) return records;
  const { bytesPerSecond, flushesPerSecond, recordsPerFlush } = details;
  const perFlush = Number.isNaN(recordsPerFlush)
    ? ""
    : ` of ${formatRate(recordsPerFlush)} records`;
  return `${records}, ${formatSize(bytesPerSecond)}/s; ` +
    `${formatRate(flushesPerSecond)} flushes/s${perFlush}`;
}

function latencyLines(
  { status }: Snapshot,
  activity: Activity | undefined,
): string[] {
  const { details } = activity ?? {};
  if (details === undefined) return [""];
  const row = (name: string, { p50Ms, p99Ms, maxMs }: LatencyFigures) => [
    name,
    ...[p50Ms, p99Ms, maxMs].map(formatDuration),
  ];
  const { queueMs, writeMs, syncMs, ackMs, wakeMs } = details.latency;
  const isThreaded = status !== undefined && status.thread.status !== "none";
  const table = formatTable(
    [
      ["latency", "p50", "p99", "max"],
      row("  queue", queueMs),
      row("  write", writeMs),
      row("  sync", syncMs),
      row("  ack", ackMs),
      ...(isThreaded ? [row("  wake-up", wakeMs)] : []),
    ],
    1,
    4,
  );
  return ["", ...table.split("\n"), ""];
}

function loadRows({ status }: Snapshot): string[][] {
  if (status === undefined) return [];
  const { queue, thread, atRisk } = status;
  const since = (ms: number) =>
    ms > 0 ? `; the oldest arrived ${formatDuration(ms)} ago` : "";
  const waiting = queue.waitingRecords === 0
    ? ""
    : `; ${formatRecords(queue.waitingRecords)} more wait for room`;
  return [
    ["queue", `${sized(queue)}${since(queue.oldestMs)}${waiting}`],
    ...(thread.status === "none" ? [] : [["thread", describeThread(thread)]]),
    ["at risk", `${sized(atRisk)}${since(atRisk.ms)}`],
  ];
}

function sized({ records, bytes }: { records: number; bytes: number }): string {
  return records === 0
    ? "nothing"
    : `${formatRecords(records)}, ${formatSize(bytes)}`;
}

function describeThread(thread: LiveStatus["thread"]): string {
  const { status, ends, handedRecords: records, handedBytes: bytes } = thread;
  const ended = ends === 0 ? "" : `; it ended ${formatAmount(ends, "time")}`;
  return `${status}, ${sized({ records, bytes })} handed over${ended}`;
}

function describePositions({ lsn, status }: Snapshot): string {
  const { first, written, durable } = lsn;
  const last = status === undefined
    ? ""
    : `, last ${formatCount(status.lsn.last)}`;
  return `first ${formatCount(first)}${last}, written ${
    formatCount(written)
  }, ` +
    `durable ${formatCount(durable)}`;
}

function describeStorage({ storage }: Snapshot): string {
  const { segments, bytes, freeBytes, totalBytes } = storage;
  const noun = segments === 1 ? "segment" : "segments";
  const taken = `${formatCount(segments)} ${noun}, ${formatSize(bytes)}`;
  if (freeBytes === undefined || totalBytes === undefined) return taken;
  const share = totalBytes > 0 ? Math.floor(100 * freeBytes / totalBytes) : 0;
  return `${taken}; ${formatSize(freeBytes)} free, ${share} %`;
}

function cursorRows({ cursors }: Snapshot): string[][] {
  return cursors.map(({ name, lag, committedLsn, error }, index) => [
    index === 0 ? "cursors" : "",
    error !== undefined
      ? `${name}: ${error}`
      : `${name}: lags by ${formatRecords(lag ?? 0)}, at ` +
        formatCount(committedLsn ?? 0),
  ]);
}
