import { describeLoss } from "../recovery/describe_damage.ts";
import { NodeStorage } from "../storage/node_storage.ts";
import { type CliIo, writeLine } from "./cli_io.ts";
import { describeEnd, type LogEnd } from "./describe_end.ts";
import { countRecords, examineLog, type LogReport } from "./examine_log.ts";
import { EXIT } from "./exit_code.ts";
import { formatCount, formatRecords } from "./format_count.ts";
import { formatTable } from "./format_table.ts";
import type { InspectCommand } from "./parse_command.ts";
import { type LockState, readLockState } from "./read_lock_state.ts";

/** Shows what is in a log; damage is shown, and no failure. */
export async function runInspect(
  { directory, json }: InspectCommand,
  { stdout }: CliIo,
): Promise<number> {
  const storage = new NodeStorage(directory);
  const report = await examineLog(storage);
  const summary = summarize(report);
  const end = describeEnd(report);
  const lock = readLockState(storage.location);
  if (json) {
    const { reports: segments, unfinished } = report;
    const fenced = report.fenced.map(({ name }) => name);
    const { originals } = report;
    const files = { segments, fenced, unfinished, originals };
    const all = { ...summary, end, lock, ...files };
    await writeLine(stdout, JSON.stringify(all));
    return EXIT.ok;
  }
  await writeLine(stdout, segmentTable(report));
  await writeLine(
    stdout,
    formatTable([
      ["records", describeRecords(summary)],
      ["frames", formatCount(summary.frames)],
      ["bytes", formatCount(summary.bytes)],
      ["synced", `declared up to LSN ${summary.syncedLsn}`],
      ["end", END_TEXTS[end.state](end)],
      ["lock", describeLock(lock)],
      ...holeRows(report),
      ...damageRows(report),
      ...report.fenced.map(({ name }) => ["fenced", name]),
      ...report.unfinished.map((name) => ["unfinished", name]),
      ...report.originals.map((name) => ["original", name]),
    ]),
  );
  return EXIT.ok;
}

interface Summary {
  firstLsn: number;
  lastLsn: number;
  records: number;
  lost: number;
  frames: number;
  bytes: number;
  syncedLsn: number;
}

function summarize({ reports }: LogReport): Summary {
  const sum = (value: (report: LogReport["reports"][0]) => number) =>
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

function segmentTable({ reports }: LogReport): string {
  return formatTable([
    ["segment", "LSNs", "frames", "bytes", "epoch"],
    ...reports.map(({ name, firstLsn, lastLsn, frames, bytes, epoch }) => [
      name,
      lastLsn < firstLsn ? "none" : `${firstLsn}-${lastLsn}`,
      formatCount(frames),
      formatCount(bytes),
      String(epoch),
    ]),
  ]);
}

function describeRecords({ records, firstLsn, lastLsn }: Summary): string {
  if (records === 0) return `none; the next is LSN ${lastLsn + 1}`;
  return `${formatRecords(records)}, LSN ${firstLsn} to ${lastLsn}`;
}

function holeRows({ reports }: LogReport): string[][] {
  return reports.flatMap(({ name, holes }) =>
    holes.map((hole) => [
      "hole",
      `${name} at offset ${hole.offset}: ${describeLoss(hole)}`,
    ])
  );
}

function damageRows({ reports }: LogReport): string[][] {
  return reports.flatMap(({ damage }) =>
    damage === undefined
      ? []
      : [["damage", `"${damage.file}" at offset ${damage.offset}`], [
        "",
        damage.reason,
      ]]
  );
}

function describeLock(lock: LockState): string {
  if (lock.state === "free") return "free";
  const owner = `${lock.runtime} process ${lock.pid}` +
    (lock.host === undefined ? "" : ` on "${lock.host}"`);
  switch (lock.state) {
    case "alive":
      return `held by ${owner}`;
    case "dead":
      return `left behind by ${owner}, which is gone`;
    case "unknown":
      return `held by ${owner}, if it still lives`;
  }
}

const END_TEXTS: Record<LogEnd["state"], (end: LogEnd) => string> = {
  empty: () => "there is no segment",
  closed: () => "closed cleanly",
  frame: ({ offset }) => `at a whole frame, offset ${offset}`,
  zeros: ({ offset, bytes }) =>
    `at offset ${offset}; ${formatCount(bytes)} zeros behind it`,
  torn: ({ offset, bytes }) =>
    `torn at offset ${offset}; ${formatCount(bytes)} bytes behind it`,
  corrupt: ({ offset }) => `corrupt at offset ${offset}`,
};
