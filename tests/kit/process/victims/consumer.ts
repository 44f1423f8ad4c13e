import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import process from "node:process";
import { Wal } from "../../../../wal.ts";
import { generator } from "../record_content.ts";
import { chooseStorage, type Io } from "./choose_storage.ts";
import { ConsumerNotes } from "./consumer_notes.ts";

/*
 * A process to be killed. It restores its state, the sum of all LSNs, compares
 * its cursor with what it noted in earlier lives, says so, and then appends,
 * consumes, commits and makes checkpoints at random until it is killed. With
 * `rounds` it ends by itself, once its consumer has seen everything.
 */

/** What the process has to do. */
export interface ConsumerOrders {
  directory: string;
  /** What all lives note: a line for each record seen, and each commit. */
  notes: string;
  seed: number;
  round: number;
  /** Whether to consume what is there, and end. */
  isLast: boolean;
}

const orders: ConsumerOrders = JSON.parse(process.argv[2]);
// Its input ends when no process is left to kill it.
process.stdin.resume().once("end", () => process.exit());

const next = generator(orders.seed, orders.round);
const below = (limit: number) => next() % limit;
const ios: Io[] = ["blocking", "threaded", "node"];

const notes = new ConsumerNotes(orders.notes);

const wal = await Wal.open(chooseStorage(orders.directory, ios[below(3)]), {
  segmentBytes: 4096,
  synchronous: "normal",
  syncIntervalMs: 2,
  cursors: { hold: ["billing"], limitBytes: 2 ** 40 },
});
const cursor = await wal.cursor("billing");
notes.compare(cursor);
let sum = 0;
let appended = 0;
const from = await wal.restore(async (snapshot) => {
  sum = Number(await snapshot.text());
  appended = snapshot.lsn;
});
for await (const { lsn, data } of wal.read({ from })) {
  assert.equal(lsn, appended + 1);
  assert.equal(new TextDecoder().decode(data).trim(), `${lsn}`);
  sum += lsn;
  appended = lsn;
}
assert.equal(sum, appended * (appended + 1) / 2);
writeSync(1, `restored ${appended} ${cursor.committedLsn}\n`);

if (orders.isLast) {
  await wal.flush();
  while (cursor.lag > 0) await consumeOne().then(() => cursor.commit());
  notes.requireSeen(appended);
  notes.close();
  await wal.close();
  process.exit();
}
await Promise.all([append(), consume()]);

async function append(): Promise<void> {
  while (true) {
    const lsn = appended + 1;
    const ack = below(2) === 0 ? "os" : "disk";
    await wal.append(`${lsn}`.padEnd(below(1500)), { ack });
    appended = lsn;
    sum += lsn;
    if (below(12) === 0) await wal.checkpoint(() => [`${sum}`]);
  }
}

async function consume(): Promise<void> {
  while (true) {
    await consumeOne();
    if (below(3) > 0) continue;
    await cursor.commit();
    notes.commit(cursor.committedLsn);
  }
}

/** What it does with a record is to note it. */
async function consumeOne(): Promise<void> {
  const record = await cursor.next();
  assert(record !== undefined);
  notes.see(record.lsn);
}
