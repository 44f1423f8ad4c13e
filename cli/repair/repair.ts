import {
  describeLoss,
  type SalvagedDamage,
  salvageLog,
  type SalvageReport,
} from "../../recovery/salvage/mod.ts";
import {
  describeContent,
  type FencedSegment,
  readFenced,
  surveyDamaged,
} from "../../recovery/survey.ts";
import type { Storage } from "../../storage/storage.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  UsageError,
} from "../command.ts";
import { describeStray, fencedToJson } from "../examine/summarize_log.ts";
import { retryIfGone } from "../../reader/survey_live_log.ts";
import { EXIT, writeLines } from "../io/cli_io.ts";
import { formatRecords } from "../io/format.ts";
import { openLogDirectory } from "../io/log_directory.ts";

/** Options of {@linkcode repair}. */
interface RepairOptions {
  readonly directory: string;
  /** Whether only to say what a repair would do. */
  readonly dryRun: boolean;
  /** Whether to take the log even from a running owner. */
  readonly takeOver: boolean;
  readonly json: boolean;
}

const HELP = `Usage: wal repair DIR [OPTIONS]

Makes a damaged log usable again. Keeps every intact frame and records a hole
for what is lost, so that LSNs stay the same. Takes the lock and reads
everything.

A damaged segment is rewritten. Its original bytes are kept next to it as
NAME.wal.broken, which nothing reads or removes: delete it when you no longer
need it. The same goes for a damaged manifest, and for a file that has a
segment's name but is not that segment. Nothing else is touched, and what is
not damaged, such as a torn end, stays as it is.

Ctrl-C stops it between two steps, each of which leaves every file whole. Run it
again to continue.

  --dry-run      change nothing and take no lock: show what would be kept and
                 what would be lost. Nothing should write to the log meanwhile
  --take-over    take the log even from a running owner, which then
                 acknowledges nothing further
  --json         one JSON object instead of text, with the same exit code:
                 state       "ok", "repaired" or, with --dry-run, "damaged"
                 records, lost; and lossUnknown: true if more may be lost
                 damages     a list: file, offset, reason; firstLsn and lastLsn
                             of what is lost, with lossUnknown: true if more may
                             be; and original, the file with the original bytes,
                             unless there were none
                 torn        file, offset and reason, if the end is torn
                 fenced, strays   as in "wal verify --help"

Exit codes: 0 the log is whole, or has been made whole, even if records were
lost; 1 the repair failed or, with --dry-run, there is something to repair.`;

const OPTIONS = {
  "dry-run": { type: "boolean" },
  "take-over": { type: "boolean" },
  ...JSON_OPTION,
} as const;

/** `wal repair`: makes a damaged log usable, or says what that would cost. */
export const repair: CliCommand<RepairOptions> = {
  name: "repair",
  summary: "keep the intact parts of a damaged log, and mark the rest as holes",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { "dry-run": dryRun = false, "take-over": takeOver = false } = values;
    if (dryRun && takeOver) {
      throw new UsageError(
        "--take-over must not be given with --dry-run, which takes no lock",
      );
    }
    return {
      directory: onlyArgument("repair", "directory", positionals),
      dryRun,
      takeOver,
      json: values.json ?? false,
    };
  },
  async run({ directory, dryRun, takeOver, json }, io) {
    const storage = openLogDirectory("repair", directory, io.interrupt);
    const report = dryRun
      ? await retryIfGone(() => foresee(storage))
      : await repairLog(storage, takeOver);
    const lines = json
      ? [JSON.stringify(toJson(report, dryRun))]
      : describe(report, dryRun);
    await writeLines(io, lines);
    return dryRun && report.damages.length > 0 ? EXIT.failure : EXIT.ok;
  },
};

/** The outcome of a repair, and what it left alone. */
interface RepairReport extends SalvageReport {
  /** Segments that do not belong to the log. */
  readonly fenced: readonly FencedSegment[];
  /** Files that do not belong to the log. */
  readonly strays: readonly string[];
}

async function foresee(storage: Storage): Promise<RepairReport> {
  const report = await salvageLog(storage);
  return await addLeftAlone(storage, report);
}

async function repairLog(
  storage: Storage,
  takeOver: boolean,
): Promise<RepairReport> {
  // Refuses a directory that holds no log before locking it.
  const files = await surveyDamaged(storage);
  const lock = await storage.lock({ takeOver, above: files.highestEpoch });
  try {
    const report = await salvageLog(storage, { lock });
    return await addLeftAlone(storage, report);
  } finally {
    await lock.release();
  }
}

async function addLeftAlone(
  storage: Storage,
  report: SalvageReport,
): Promise<RepairReport> {
  const files = await surveyDamaged(storage);
  const fenced = await readFenced(storage, files);
  return { ...report, fenced, strays: files.strays };
}

/** The names are an interface, which the help lists. */
function toJson(report: RepairReport, dryRun: boolean) {
  const { records, damages, torn, fenced, strays } = report;
  return {
    state: stateOf(report, dryRun),
    records,
    lost: countLost(report),
    ...(isLossUnknown(report) && { lossUnknown: true }),
    damages: damages.map((damage) => {
      const { path, offset, reason, firstLsn, lastLsn, original } = damage;
      return {
        ...{ file: path, offset, reason, firstLsn, lastLsn },
        ...(damage.lossUnknown && { lossUnknown: true }),
        ...(original !== undefined && { original }),
      };
    }),
    fenced: fenced.map(fencedToJson),
    strays,
    ...(torn !== undefined && {
      torn: { file: torn.path, offset: torn.offset, reason: torn.reason },
    }),
  };
}

function stateOf(
  { damages }: SalvageReport,
  dryRun: boolean,
): "ok" | "damaged" | "repaired" {
  if (damages.length === 0) return "ok";
  return dryRun ? "damaged" : "repaired";
}

function countLost({ damages }: SalvageReport): number {
  return damages.reduce(
    (sum, { firstLsn, lastLsn }) => sum + lastLsn - firstLsn + 1,
    0,
  );
}

function isLossUnknown({ damages }: SalvageReport): boolean {
  return damages.some(({ lossUnknown }) => lossUnknown);
}

/** The outcome in words: `5 records kept, 1 record lost`. */
function describeOutcome(report: SalvageReport): string {
  const kept = `${formatRecords(report.records)} kept`;
  const lost = countLost(report);
  if (isLossUnknown(report)) {
    return lost === 0
      ? `${kept}; it is unknown how many are lost`
      : `${kept}, at least ${formatRecords(lost)} lost`;
  }
  return lost === 0
    ? `${kept}, none lost`
    : `${kept}, ${formatRecords(lost)} lost`;
}

function* describe(report: RepairReport, dryRun: boolean): Generator<string> {
  const { damages, torn, records } = report;
  for (const damage of damages) yield* describeDamage(damage, dryRun);
  if (torn !== undefined) {
    yield `torn     "${torn.path}" at offset ${torn.offset}: left by a crash; ` +
      "not damage, and the next opening discards it";
  }
  for (const segment of report.fenced) {
    yield `fenced   ${segment.name}  ${describeContent(segment)}`;
  }
  for (const name of report.strays) yield `warning  ${describeStray(name)}`;
  const outcome = describeOutcome(report);
  switch (stateOf(report, dryRun)) {
    case "ok":
      yield `OK: ${formatRecords(records)}; there is nothing to repair`;
      break;
    case "damaged":
      yield `DAMAGED: nothing was changed; a repair would end with ${outcome}`;
      break;
    case "repaired":
      yield `REPAIRED: ${outcome}`;
  }
}

function* describeDamage(
  { path, offset, reason, original, ...loss }: SalvagedDamage,
  dryRun: boolean,
): Generator<string> {
  yield `damaged  "${path}" at offset ${offset}: ${reason}`;
  yield `         ${describeLoss(loss)}`;
  yield original === undefined
    ? "         a file is missing: there are no bytes to keep"
    : `         its original bytes ${dryRun ? "would be" : "are"} kept in ` +
      `"${original}"`;
}
