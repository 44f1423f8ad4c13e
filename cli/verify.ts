import { describeLoss } from "../recovery/describe_damage.ts";
import { NodeStorage } from "../storage/node_storage.ts";
import { type CliIo, type Output, writeLine } from "./cli_io.ts";
import { describeEnd } from "./describe_end.ts";
import { countRecords, examineLog, type SegmentReport } from "./examine_log.ts";
import { EXIT } from "./exit_code.ts";
import { formatCount, formatRecords } from "./format_count.ts";
import type { VerifyCommand } from "./parse_command.ts";

/** Checks all of a log; a torn end is no failure, nor is a hole. */
export async function runVerify(
  { directory }: VerifyCommand,
  { stdout }: CliIo,
): Promise<number> {
  const report = await examineLog(new NodeStorage(directory));
  const { reports } = report;
  for (const segment of reports) await writeSegment(stdout, segment);
  const end = describeEnd(report);
  if (end.state === "torn" || end.state === "zeros") {
    await writeLine(
      stdout,
      `torn     ${reports.at(-1)?.name} at offset ${end.offset}, ` +
        `${formatCount(end.bytes)} bytes: no damage; none of it was ` +
        "acknowledged as durable, and the next opening leaves it out",
    );
  }
  const damaged = reports.filter(({ damage }) => damage !== undefined).length;
  const segments = `${formatCount(reports.length)} ` +
    (reports.length === 1 ? "segment" : "segments");
  if (damaged > 0) {
    await writeLine(
      stdout,
      `DAMAGED: ${damaged} of ${segments}; "wal repair DIR --dry-run" shows ` +
        "what can be kept",
    );
    return EXIT.failure;
  }
  const { records, lost } = countRecords(reports);
  const frames = reports.reduce((sum, { frames }) => sum + frames, 0);
  await writeLine(
    stdout,
    `OK: ${formatRecords(records)} in ${formatCount(frames)} frames of ` +
      `${segments}; every checksum and link holds` +
      (lost === 0
        ? ""
        : `; ${formatRecords(lost)} lost, as a repair has recorded`),
  );
  return EXIT.ok;
}

async function writeSegment(
  stdout: Output,
  { name, firstLsn, lastLsn, frames, damage, holes }: SegmentReport,
): Promise<void> {
  const range = lastLsn < firstLsn
    ? "no record"
    : `LSN ${firstLsn} to ${lastLsn}`;
  const content = `${name}  ${range}, ${formatCount(frames)} frames`;
  await writeLine(
    stdout,
    damage === undefined
      ? `ok       ${content}`
      : `damaged  ${content} before it`,
  );
  for (const hole of holes) {
    await writeLine(
      stdout,
      `hole     ${name}  at offset ${hole.offset}: ${describeLoss(hole)}; a ` +
        "repair recorded it, and it is no damage",
    );
  }
  if (damage === undefined) return;
  await writeLine(
    stdout,
    `         "${damage.file}" at offset ${damage.offset}: ${damage.reason}`,
  );
}
