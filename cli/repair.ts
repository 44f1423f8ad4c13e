import { describeLoss } from "../recovery/describe_damage.ts";
import {
  type SalvagedDamage,
  salvageLog,
  type SalvageReport,
} from "../recovery/salvage_log.ts";
import { survey } from "../recovery/survey.ts";
import { NodeStorage } from "../storage/node_storage.ts";
import type { Storage } from "../storage/storage.ts";
import { type CliIo, writeLine } from "./cli_io.ts";
import { EXIT } from "./exit_code.ts";
import { formatRecords } from "./format_count.ts";
import type { RepairCommand } from "./parse_command.ts";

/** Repairs a log, or says what that would come to. */
export async function runRepair(
  { directory, dryRun }: RepairCommand,
  { stdout }: CliIo,
): Promise<number> {
  const storage = new NodeStorage(directory);
  const report = dryRun ? await salvageLog(storage) : await repair(storage);
  for (const line of describe(report, dryRun)) await writeLine(stdout, line);
  return dryRun && report.damages.length > 0 ? EXIT.failure : EXIT.ok;
}

async function repair(storage: Storage): Promise<SalvageReport> {
  // Refuses a directory that is not there, or not a log's, before it is locked.
  await survey(storage);
  const lock = await storage.lock();
  try {
    return await salvageLog(storage, { lock });
  } finally {
    await lock.release();
  }
}

function* describe(
  { damages, torn, records }: SalvageReport,
  dryRun: boolean,
): Generator<string> {
  for (const damage of damages) yield* describeDamage(damage, dryRun);
  if (torn !== undefined) {
    yield `torn     "${torn.path}" at offset ${torn.offset}: no damage; none ` +
      "of it was acknowledged as durable, and the next opening leaves it out";
  }
  if (damages.length === 0) {
    yield `OK: ${formatRecords(records)}; there is nothing to repair`;
    return;
  }
  const lost = damages.reduce(
    (sum, { firstLsn, lastLsn }) => sum + lastLsn - firstLsn + 1,
    0,
  );
  const outcome = `${formatRecords(records)} kept, ${formatRecords(lost)} lost`;
  yield dryRun
    ? `DAMAGED: nothing was changed; a repair would end with ${outcome}`
    : `REPAIRED: ${outcome}`;
}

function* describeDamage(
  { path, offset, reason, original, ...loss }: SalvagedDamage,
  dryRun: boolean,
): Generator<string> {
  yield `damaged  "${path}" at offset ${offset}: ${reason}`;
  yield `         ${describeLoss(loss)}`;
  yield original === undefined
    ? "         a segment is missing: there are no bytes to keep"
    : `         its bytes as they were ${
      dryRun ? "would be" : "are"
    } kept in ` +
      `"${original}"`;
}
