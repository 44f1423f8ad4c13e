import { describeContent } from "../../recovery/survey.ts";
import { describeLoss } from "../../recovery/salvage/mod.ts";
import { NodeStorage } from "../../storage/directory/mod.ts";
import { type CliIo, writeLines } from "../io/cli_io.ts";
import { describeStray, type LogEnd } from "./describe_end.ts";
import { describeLock } from "./lock_state.ts";
import { examineLiveLog, type LiveLog, type LogReport } from "./examine_log.ts";
import { EXIT } from "../exit_code.ts";
import {
  formatAmount,
  formatCount,
  formatRange,
  formatRecords,
  formatTable,
} from "../io/format.ts";
import { interruptibleStorage } from "../append/interruptible_storage.ts";
import type { InspectCommand } from "../command.ts";
import { requireDirectory } from "../require_directory.ts";
import { type LogSummary, logToJson, summarizeLog } from "./summarize_log.ts";

/** Shows what is in a log; damage is shown, and no failure. */
export async function runInspect(
  { directory, json }: InspectCommand,
  io: CliIo,
): Promise<number> {
  requireDirectory("inspect", directory);
  const storage = new NodeStorage(directory);
  const log = await examineLiveLog(interruptibleStorage(storage, io.interrupt));
  const lines = json ? [JSON.stringify(logToJson(log))] : describeLog(log);
  await writeLines(io, lines);
  return EXIT.ok;
}

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

/** What the last owner has noted of the log as a whole. */
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
