import { describeLoss } from "../../recovery/salvage/mod.ts";
import { describeContent } from "../../recovery/survey.ts";
import { type CliCommand, JSON_OPTION, parseArguments } from "../command.ts";
import { EXIT, writeLines } from "../io/cli_io.ts";
import {
  formatAmount,
  formatCount,
  formatRange,
  formatRecords,
} from "../io/format.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import {
  type LogPlace,
  parsePlace,
  STORAGE_HELP,
  STORAGE_OPTIONS,
} from "../io/object_storage.ts";
import {
  examineLiveLog,
  type LiveLog,
  type LogEnd,
} from "./examine_live_log.ts";
import type { LogReport, SegmentReport } from "./examine_log.ts";
import { describeOwner, type LockState } from "./lock_state.ts";
import { describeStray, logToJson, summarizeLog } from "./summarize_log.ts";

/** Options of {@linkcode verify}. */
interface VerifyOptions {
  readonly place: LogPlace;
  readonly json: boolean;
}

const HELP = `Usage: wal verify DIR [--json]
       wal verify --storage s3://BUCKET/PREFIX [--json]

Reads everything and checks every checksum, length and link, and that everything
the manifest names is there. Takes no lock and changes nothing. Prints a line
for each segment. For damage, it says in which file and at which offset, what
was expected and what was found, and the exit code is 1. A missing manifest,
missing segments and segments of another log are damage too.

Some things are reported that are not damage:

  torn           A crash may leave a torn end; the next opening discards it. A
                 frame that the owner is writing at that moment looks the same,
                 so the end is read twice before it is called either.
  hole           A repair went on without these records.
  fenced         An owner wrote this segment after another had taken the log
                 from it, so nothing in it was acknowledged. It is left alone.
  warning        This file does not belong to the log. It is left alone.

  --json         one JSON object instead of text, with the same exit code:
                 state       "ok" or "damaged"
                 firstLsn, lastLsn, records, lost, frames, bytes, syncedLsn;
                             records that a checkpoint dropped do not count
                 end         state, offset and bytes; its state is "empty",
                             "closed", "frame", "zeros" (room for more),
                             "writing", "torn" or "corrupt"
                 lock        state: "free"; "alive", "dead" or "unknown", with
                             pid, runtime and host; or "unreadable", with the
                             reason. A "free" one has copy: true if the lock
                             file was copied from elsewhere
                 damage      file, offset and reason, if the manifest is damaged
                             or files are missing
                 manifest    log, epoch, firstLsn, baseLsn, durableLsn, closed
                 segments    a list: name, epoch, firstLsn, lastLsn, frames,
                             bytes, syncedLsn; holes, a list: offset, firstLsn,
                             lastLsn; and damage, if any: file, offset, reason
                 fenced      a list: name, epoch, firstLsn, lastLsn, and the
                             reason if it cannot be read
                 unfinished, obsolete, replaced, originals, strays
                             lists of file names

${STORAGE_HELP}

There, it gets all objects and checks each one, and the rule by which they
count. For damage, it gives the object's key. docs/cli.md says what --json
prints.`;

const OPTIONS = { ...STORAGE_OPTIONS, ...JSON_OPTION } as const;

/** `wal verify`: checks all of a log; neither a torn end nor a hole fails. */
export const verify: CliCommand<VerifyOptions> = {
  name: "verify",
  summary: "read everything and check every checksum and link",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    return {
      place: parsePlace("verify", values, positionals),
      json: values.json ?? false,
    };
  },
  async run({ place, json }, io) {
    if (!("directory" in place)) {
      const { verifyObjects } = await import("./verify_objects.ts");
      return await verifyObjects(place, json, io);
    }
    const storage = openLogDirectory("verify", place.directory, io.interrupt);
    const log = await examineLiveLog(storage);
    const { damage, reports } = log.report;
    const isDamaged = damage !== undefined ||
      reports.some(({ damage }) => damage);
    const state = isDamaged ? "damaged" : "ok";
    const lines = json
      ? [JSON.stringify({ state, ...logToJson(log) })]
      : describeLog(log);
    await writeLines(io, lines);
    return isDamaged ? EXIT.failure : EXIT.ok;
  },
};

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
    return "OK: there are no segments, so there is no log or an empty one";
  }
  const { records, lost, frames } = summarizeLog(report);
  return `OK: ${formatRecords(records)} in ${formatAmount(frames, "frame")} ` +
    `and ${segments}; every checksum and link holds` +
    (lost === 0
      ? ""
      : `; ${formatRecords(lost)} lost, as recorded by a repair`);
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
    }; recorded by a repair, so not damage`;
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
      "is writing; not damage";
  } else if (state === "torn") {
    const isKnown = lock.state === "free" || lock.state === "dead";
    yield `torn     ${place}${size} left by a crash; not damage, and the next ` +
      "opening discards them" +
      (isKnown ? "" : ", unless they are a frame that is still being written");
  }
}
