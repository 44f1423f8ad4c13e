import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import process from "node:process";
import { WalReader } from "../../../../reader/wal_reader.ts";
import { generator } from "../record_content.ts";
import { chooseStorage } from "./choose_storage.ts";
import type { ConsumerOrders } from "./consumer.ts";

/*
 * A consumer to be killed, in a process that only reads the log: it compares
 * its cursor with what it noted in earlier lives, says so, and then consumes
 * and commits at random until it is killed. The last one ends once it has seen
 * everything.
 */

const orders: ConsumerOrders = JSON.parse(process.argv[2]);
// Its input ends when no process is left to kill it.
process.stdin.resume().once("end", () => process.exit());

const next = generator(orders.seed, orders.round);
const seen = new Set<number>();
let notedLsn = 0;
const text = existsSync(orders.notes) ? readFileSync(orders.notes, "utf8") : "";
for (const line of text.split("\n").slice(0, -1)) {
  const [word, lsn] = line.split(" ");
  if (word === "seen") seen.add(Number(lsn));
  else notedLsn = Number(lsn);
}
const notes = openSync(orders.notes, "a");

const reader = await WalReader.open(
  chooseStorage(orders.directory, "blocking"),
);
const cursor = await reader.cursor("billing");
assert(cursor.committedLsn >= notedLsn, `${cursor.committedLsn} < ${notedLsn}`);
for (let lsn = 1; lsn <= cursor.committedLsn; lsn++) {
  assert(seen.has(lsn), `record ${lsn} was committed, and never seen`);
}
writeSync(1, `begins after ${cursor.committedLsn}\n`);
while (!orders.isLast || cursor.lag > 0) {
  const record = await cursor.next();
  assert(record !== undefined);
  assert.equal(new TextDecoder().decode(record.data).trim(), `${record.lsn}`);
  writeSync(notes, `seen ${record.lsn}\n`);
  seen.add(record.lsn);
  if (!orders.isLast && next() % 3 > 0) continue;
  await cursor.commit();
  writeSync(notes, `committed ${cursor.committedLsn}\n`);
}
for (let lsn = 1; lsn <= reader.durableLsn; lsn++) assert(seen.has(lsn));
closeSync(notes);
await reader.close();
writeSync(1, `has seen ${reader.durableLsn}\n`);
process.exit();
