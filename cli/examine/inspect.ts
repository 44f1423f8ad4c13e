import { describeLoss } from "../../recovery/salvage/mod.ts";
import { describeContent } from "../../recovery/survey.ts";
import {
  type CliCommand,
  type DirectoryOptions,
  JSON_OPTION,
  parseDirectory,
} from "../command.ts";
import { EXIT, writeLines } from "../io/cli_io.ts";
import {
  formatAmount,
  formatCount,
  formatRange,
  formatRecords,
  formatTable,
} from "../io/format.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import {
  examineLiveLog,
  type LiveLog,
  type LogEnd,
} from "./examine_live_log.ts";
import type { LogReport } from "./examine_log.ts";
import { describeLock } from "./lock_state.ts";
import {
  describeStray,
  type LogSummary,
  logToJson,
  summarizeLog,
} from "./summarize_log.ts";

const HELP = `Usage: wal inspect DIR [--json]

Shows the segments, how the log ends, what the manifest says and who may write
to the log. Reads everything, takes no lock and changes nothing. Damage is
shown, but the exit code is still 0; "wal verify" exits with 1.

  --json         one JSON object instead of text, with the names that
                 "wal verify --help" lists, except "state"`;

/** `wal inspect`: shows what is in a log; damage is not a failure. */
export const inspect: CliCommand<DirectoryOptions> = {
  name: "inspect",
  summary: "show the segments, how the log ends, and who may write to it",
  help: HELP,
  operand: "directory",
  options: JSON_OPTION,
  parse: (args) => parseDirectory("inspect", args),
  async run({ directory, json }, io) {
    const storage = openLogDirectory("inspect", directory, io.interrupt);
    const log = await examineLiveLog(storage);
    const lines = json ? [JSON.stringify(logToJson(log))] : describeLog(log);
    await writeLines(io, lines);
    return EXIT.ok;
  },
};

function describeLog({ report, end, lock }: LiveLog): string[] {
  const summary = summarizeLog(report);
  return [
    ...(report.reports.length === 0 ? [] : [segmentTable(report), ""]),
    formatTable([
      ["records", describeRecords(summary)],
      ["frames", formatCount(summary.frames)],
      ["bytes", formatCount(summary.bytes)],
      ["synced", describeSynced(summary)],
      ["end", END_TEXTS[end.state](end)],
      ["lock", describeLock(lock)],
      ...manifestRows(report),
      ...holeRows(report),
      ...damageRows(report),
      ...report.fenced.map((segment) => [
        "fenced",
        `${segment.name} ${describeContent(segment)}`,
      ]),
      ...report.unfinished.map(({ name }) => ["unfinished", name]),
      ...report.obsolete.map(({ name }) => ["obsolete", name]),
      ...report.replaced.map(({ name }) => ["replaced", name]),
      ...report.originals.map((name) => ["original", name]),
      ...report.strays.map((name) => ["stray", describeStray(name)]),
    ]),
  ];
}

/** What the last owner recorded about the log as a whole. */
function manifestRows({ manifest, manifestFault }: LogReport): string[][] {
  if (manifest === undefined) {
    return [["manifest", manifestFault ? "damaged" : "there is none"]];
  }
  const { log, epoch, firstLsn, baseLsn, durableLsn, closed } = manifest;
  return [
    ["manifest", `log ${log}, epoch ${epoch}, ${closed ? "closed" : "open"}`],
    [
      "",
      `first LSN ${firstLsn}, durable up to LSN ${durableLsn}; ` +
      `the epoch began after LSN ${baseLsn}`,
    ],
  ];
}

function segmentTable({ reports }: LogReport): string {
  return formatTable(
    [
      ["segment", "LSNs", "frames", "bytes", "epoch"],
      ...reports.map(({ name, firstLsn, lastLsn, frames, bytes, epoch }) => [
        name,
        lastLsn < firstLsn ? "none" : `${firstLsn}-${lastLsn}`,
        formatCount(frames),
        formatCount(bytes),
        String(epoch),
      ]),
    ],
    2,
    5,
  );
}

function describeRecords(
  { records, lost, firstLsn, lastLsn }: LogSummary,
): string {
  const range = formatRange(firstLsn, lastLsn);
  if (range === "") return `none; the next is LSN ${lastLsn + 1}`;
  const missing = lost === 0 ? "" : `; ${formatRecords(lost)} lost`;
  return `${formatRecords(records)}, ${range}${missing}`;
}

function describeSynced({ syncedLsn }: LogSummary): string {
  return syncedLsn === 0
    ? "no record is known to be synced"
    : `records are known to be synced up to LSN ${syncedLsn}`;
}

function holeRows({ reports }: LogReport): string[][] {
  return reports.flatMap(({ name, holes }) =>
    holes.map((hole) => [
      "hole",
      `${name} at offset ${hole.offset}: ${describeLoss(hole)}`,
    ])
  );
}

function damageRows({ damage, reports }: LogReport): string[][] {
  return [{ damage }, ...reports].flatMap(({ damage }) =>
    damage === undefined
      ? []
      : [["damage", `"${damage.file}" at offset ${damage.offset}`], [
        "",
        damage.reason,
      ]]
  );
}

const END_TEXTS: Record<LogEnd["state"], (end: LogEnd) => string> = {
  empty: () => "there is no segment",
  closed: () => "closed cleanly",
  frame: ({ offset }) => `after a whole frame, at offset ${offset}`,
  zeros: ({ offset, bytes }) =>
    `after a whole frame, at offset ${offset}; ` +
    `then ${formatAmount(bytes, "zero byte")}, room for more`,
  writing: ({ offset, bytes }) =>
    `a frame is being written at offset ${offset}, ` +
    `${formatAmount(bytes, "byte")}`,
  torn: ({ offset, bytes }) =>
    `torn at offset ${offset}; ${formatAmount(bytes, "byte")} after it`,
  corrupt: ({ offset }) => `corrupt at offset ${offset}`,
};
