/**
 * Reads a whole log twice, as a reader and as its new owner, and answers with
 * what it found.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import type { WalReader } from "../../../../reader/mod.ts";
import type { LogView } from "../../../../reader/log_view.ts";
import type { Wal } from "../../../../wal.ts";
import { readChaosRecord } from "../chaos_record.ts";
import { addToRuns, type LogContent, type Run } from "../judge.ts";
import { NoteTaker } from "../notes.ts";
import type { CheckerOrders } from "../orders.ts";
import { openReader, openWal, readOrders } from "./open_log.ts";

async function contentOf(log: LogView): Promise<LogContent> {
  const { firstLsn, lastLsn } = log;
  const runs: Run[] = [];
  const damaged: number[] = [];
  for await (const { lsn, data } of log.read()) {
    const record = readChaosRecord(data);
    if (record === undefined) damaged.push(lsn);
    else addToRuns(runs, { ...record, lsn, count: 1 });
  }
  return { firstLsn, lastLsn, runs, damaged };
}

const orders = readOrders<CheckerOrders>();
const notes = new NoteTaker(orders.notes, orders.process);
const answers: LogContent[] = [];
const openers = { observe: openReader, open: openWal };
for (const [call, open] of Object.entries(openers)) {
  const log = await notes.timed<Wal | WalReader>(call, () => open(orders));
  answers.push(await notes.timed("read", () => contentOf(log)));
  await log.close();
}
writeFileSync(orders.answer, JSON.stringify(answers));
process.exit();
