import {
  describeContent,
  type FencedSegment,
  readFenced,
  surveyDamaged,
} from "../../recovery/survey.ts";
import {
  describeLoss,
  type SalvagedDamage,
  salvageLog,
  type SalvageReport,
} from "../../recovery/salvage/mod.ts";
import { NodeStorage } from "../../storage/directory/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { type CliIo, writeLines } from "../io/cli_io.ts";
import { describeStray } from "../examine/describe_end.ts";
import { EXIT } from "../exit_code.ts";
import { formatRecords } from "../io/format.ts";
import { interruptibleStorage } from "../append/interruptible_storage.ts";
import type { RepairCommand } from "../command.ts";
import { requireDirectory } from "../require_directory.ts";
import { retryIfGone } from "../examine/survey_live_log.ts";
import { fencedToJson } from "../examine/summarize_log.ts";

/** Repairs a log, or says what that would come to. */
export async function runRepair(
  { directory, dryRun, takeOver, json }: RepairCommand,
  io: CliIo,
): Promise<number> {
  requireDirectory("repair", directory);
  const files = new NodeStorage(directory);
  const storage = interruptibleStorage(files, io.interrupt);
  const report = dryRun
    ? await retryIfGone(() => foresee(storage))
    : await repair(storage, takeOver);
  const lines = json
    ? [JSON.stringify(toJson(report, dryRun))]
    : describe(report, dryRun);
  await writeLines(io, lines);
  return dryRun && report.damages.length > 0 ? EXIT.failure : EXIT.ok;
}

/** What a repair came to, and what it left alone. */
interface RepairReport extends SalvageReport {
  /** Segments that are no part of the log. */
  readonly fenced: readonly FencedSegment[];
  /** Files that are not the log's. */
  readonly strays: readonly string[];
}

async function foresee(storage: Storage): Promise<RepairReport> {
  const report = await salvageLog(storage);
  return await addLeftAlone(storage, report);
}

async function repair(
  storage: Storage,
  takeOver: boolean,
): Promise<RepairReport> {
  // Refuses a directory that is not a log's before it is locked.
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

/** Each name is a promise to those who read it: the README lists them. */
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

/** What a repair comes to: `5 records kept, 1 record lost`. */
function describeOutcome(report: SalvageReport): string {
  const kept = `${formatRecords(report.records)} kept`;
  const lost = countLost(report);
  if (isLossUnknown(report)) {
    return lost === 0
      ? `${kept}; nobody knows how many are lost`
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
    yield `torn     "${torn.path}" at offset ${torn.offset}: as a crash ` +
      "leaves it; no damage, and the next opening leaves it out";
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
