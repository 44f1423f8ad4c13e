import { describeLoss } from "../recovery/describe_damage.ts";
import {
  type SalvagedDamage,
  salvageLog,
  type SalvageReport,
} from "../recovery/salvage_log.ts";
import { surveyDamaged } from "../recovery/survey.ts";
import { NodeStorage } from "../storage/node_storage.ts";
import type { Storage } from "../storage/storage.ts";
import { type CliIo, writeLines } from "./cli_io.ts";
import { EXIT } from "./exit_code.ts";
import { formatRecords } from "./format_count.ts";
import { interruptibleStorage } from "./interruptible_storage.ts";
import type { RepairCommand } from "./parse_command.ts";
import { requireDirectory } from "./require_directory.ts";

/** Repairs a log, or says what that would come to. */
export async function runRepair(
  { directory, dryRun, takeOver, json }: RepairCommand,
  io: CliIo,
): Promise<number> {
  requireDirectory("repair", directory);
  const files = new NodeStorage(directory);
  const storage = interruptibleStorage(files, io.interrupt);
  const report = dryRun
    ? await salvageLog(storage)
    : await repair(storage, takeOver);
  const lines = json
    ? [JSON.stringify(toJson(report, dryRun))]
    : describe(report, dryRun);
  await writeLines(io, lines);
  return dryRun && report.damages.length > 0 ? EXIT.failure : EXIT.ok;
}

async function repair(
  storage: Storage,
  takeOver: boolean,
): Promise<SalvageReport> {
  // Refuses a directory that is not a log's before it is locked.
  const { highestEpoch: above } = await surveyDamaged(storage);
  const lock = await storage.lock({ takeOver, above });
  try {
    return await salvageLog(storage, { lock });
  } finally {
    await lock.release();
  }
}

/** Each name is a promise to those who read it: the README lists them. */
function toJson(report: SalvageReport, dryRun: boolean) {
  const { records, damages, torn } = report;
  return {
    state: stateOf(report, dryRun),
    records,
    lost: countLost(report),
    damages: damages.map((damage) => {
      const { path, offset, reason, firstLsn, lastLsn, original } = damage;
      const known = { file: path, offset, reason, firstLsn, lastLsn };
      return original === undefined ? known : { ...known, original };
    }),
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

function* describe(report: SalvageReport, dryRun: boolean): Generator<string> {
  const { damages, torn, records } = report;
  for (const damage of damages) yield* describeDamage(damage, dryRun);
  if (torn !== undefined) {
    yield `torn     "${torn.path}" at offset ${torn.offset}: as a crash ` +
      "leaves it; no damage, and the next opening leaves it out";
  }
  const kept = formatRecords(records);
  const outcome = `${kept} kept, ${formatRecords(countLost(report))} lost`;
  switch (stateOf(report, dryRun)) {
    case "ok":
      yield `OK: ${kept}; there is nothing to repair`;
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
    ? "         a segment is missing: there are no bytes to keep"
    : `         its original bytes ${dryRun ? "would be" : "are"} kept in ` +
      `"${original}"`;
}
