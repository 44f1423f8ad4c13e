/**
 * Reads a whole log twice, as a reader and as its new owner, and answers with
 * what it found.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import type { WalReader } from "../../../../reader/mod.ts";
import type { Wal } from "../../../../wal.ts";
import type { LogContent } from "../judge.ts";
import { NoteTaker } from "../notes.ts";
import type { CheckerOrders } from "../orders.ts";
import { contentOf } from "./content_of.ts";
import { openReader, openWal, readOrders } from "./open_log.ts";

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
