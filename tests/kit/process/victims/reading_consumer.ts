import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import process from "node:process";
import { WalReader } from "../../../../reader/wal_reader.ts";
import { generator } from "../record_content.ts";
import { chooseStorage } from "./choose_storage.ts";
import type { ConsumerOrders } from "./consumer.ts";
import { ConsumerNotes } from "./consumer_notes.ts";

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
const notes = new ConsumerNotes(orders.notes);

const reader = await WalReader.open(
  chooseStorage(orders.directory, "blocking"),
);
const cursor = await reader.cursor("billing");
notes.compare(cursor);
writeSync(1, `begins after ${cursor.committedLsn}\n`);
while (!orders.isLast || cursor.lag > 0) {
  const record = await cursor.next();
  assert(record !== undefined);
  assert.equal(new TextDecoder().decode(record.data).trim(), `${record.lsn}`);
  notes.see(record.lsn);
  if (!orders.isLast && next() % 3 > 0) continue;
  await cursor.commit();
  notes.commit(cursor.committedLsn);
}
notes.requireSeen(reader.durableLsn);
notes.close();
await reader.close();
writeSync(1, `has seen ${reader.durableLsn}\n`);
process.exit();
