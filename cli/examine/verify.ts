import { describeContent, type Survey } from "../../recovery/survey.ts";
import { describeLoss } from "../../recovery/salvage/mod.ts";
import { NodeStorage } from "../../storage/directory/mod.ts";
import { type CliIo, writeLines } from "../io/cli_io.ts";
import { describeStray, type LogEnd } from "./describe_end.ts";
import { describeOwner, type LockState } from "./lock_state.ts";
import {
  examineLiveLog,
  type LiveLog,
  type LogReport,
  type SegmentReport,
} from "./examine_log.ts";
import { EXIT } from "../exit_code.ts";
import {
  formatAmount,
  formatCount,
  formatRange,
  formatRecords,
} from "../io/format.ts";
import { interruptibleStorage } from "../append/interruptible_storage.ts";
import type { VerifyCommand } from "../command.ts";
import { requireDirectory } from "../require_directory.ts";
import { logToJson, summarizeLog } from "./summarize_log.ts";
import { faultOfEnd, type SegmentScan } from "../../recovery/decide_tail.ts";
import { scanSegment } from "../../recovery/scan_tail.ts";
import type { SegmentReader } from "../../storage/segments/mod.ts";

/** Checks all of a log; a torn end is no failure, nor is a hole. */
export async function runVerify(
  { directory, json }: VerifyCommand,
  io: CliIo,
): Promise<number> {
  requireDirectory("verify", directory);
  const storage = new NodeStorage(directory);
  const log = await examineLiveLog(interruptibleStorage(storage, io.interrupt));
  const { damage, reports } = log.report;
  const isDamaged = damage !== undefined ||
    reports.some(({ damage }) => damage);
  const state = isDamaged ? "damaged" : "ok";
  const lines = json
    ? [JSON.stringify({ state, ...logToJson(log) })]
    : describeLog(log);
  await writeLines(io, lines);
  return isDamaged ? EXIT.failure : EXIT.ok;
}

function* describeLog({ report, end, lock }: LiveLog): Generator<string> {
  const { reports, damage } = report;
  if (damage !== undefined) {
    const { file, offset, reason } = damage;
    yield `damaged  "${file}" at offset ${offset}: ${reason}`;
  }
  for (const segment of reports) yield* describeSegment(segment);
  const last = reports.at(-1);
  if (last !== undefined) yield* describeEnd(last.name, end, lock);
  for (const segment of report.fenced) {
    yield `fenced   ${segment.name}  ${describeContent(segment)}`;
  }
  for (const name of report.strays) yield `warning  ${describeStray(name)}`;
  yield conclude(report);
}

/** The last line. */
function conclude(report: LogReport): string {
  const { reports, damage, manifestFault } = report;
  const damaged = reports.filter(({ damage }) => damage !== undefined).length;
  const segments = formatAmount(reports.length, "segment");
  const parts = [
    ...(damage === undefined
      ? []
      : [manifestFault === undefined ? "missing files" : "the manifest"]),
    ...(damaged === 0 ? [] : [`${formatCount(damaged)} of ${segments}`]),
  ];
  if (parts.length > 0) {
    return `DAMAGED: ${parts.join(", and ")}; ` +
      '"wal repair DIR --dry-run" shows what can be kept';
  }
  if (reports.length === 0) {
    return "OK: there is no segment, so no log, or an empty one";
  }
  const { records, lost, frames } = summarizeLog(report);
  return `OK: ${formatRecords(records)} in ${formatAmount(frames, "frame")} ` +
    `and ${segments}; every checksum and link holds` +
    (lost === 0 ? "" : `; ${formatRecords(lost)} lost, as a repair recorded`);
}

function* describeSegment(
  { name, firstLsn, lastLsn, frames, damage, holes }: SegmentReport,
): Generator<string> {
  const range = formatRange(firstLsn, lastLsn) || "no records";
  const content = `${name}  ${range}, ${formatAmount(frames, "frame")}`;
  yield damage === undefined
    ? `ok       ${content}`
    : `damaged  ${content} before the damage`;
  for (const hole of holes) {
    yield `hole     ${name}  at offset ${hole.offset}: ${
      describeLoss(hole)
    }; a repair recorded it, so it does not count as damage`;
  }
  if (damage === undefined) return;
  yield `         "${damage.file}" at offset ${damage.offset}: ${damage.reason}`;
}

function* describeEnd(
  name: string,
  { state, offset, bytes }: LogEnd,
  lock: LockState,
): Generator<string> {
  const place = `${name}  at offset ${offset}: `;
  const size = formatAmount(bytes, "byte");
  if (state === "writing" && lock.state === "alive") {
    yield `writing  ${place}${size} of a frame that ${describeOwner(lock)} ` +
      "is writing; no damage";
  } else if (state === "torn") {
    const isKnown = lock.state === "free" || lock.state === "dead";
    yield `torn     ${place}${size} as a crash leaves them; no damage, and ` +
      "the next opening leaves them out" +
      (isKnown ? "" : ". They may also be a frame that is being written");
  }
}

/** What the end of a log's last segment is. */
export interface Tail {
  /** All about it. */
  readonly scan: SegmentScan;
  /** What is wrong with it that no crash explains, if anything is. */
  readonly fault?: string;
}

/**
 * Judges the end of the last segment as recovery would. A writer may be at
 * work: what looks like a hole may be a frame that was half-written a moment
 * ago, so a bad verdict counts only if a second look comes to the same place.
 */
export async function judgeTail(
  reader: SegmentReader,
  { manifest, end }: Pick<Survey, "manifest" | "end">,
): Promise<Tail> {
  let scan = await scanSegment(reader, end);
  let fault = faultOfEnd(scan, manifest, "tail");
  while (fault !== undefined) {
    const again = await scanSegment(reader, end);
    const isSame = again.stop.offset === scan.stop.offset;
    scan = again;
    fault = faultOfEnd(scan, manifest, "tail");
    if (isSame) break;
  }
  return fault === undefined ? { scan } : { scan, fault };
}
