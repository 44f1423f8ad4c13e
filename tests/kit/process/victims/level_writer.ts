/**
 * A process that writes to a database until it is killed, and notes what was
 * acknowledged.
 *
 * @module
 */
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { DurableLevel } from "../../../../docs/examples/durable-level/durable_level.ts";
import {
  countWrites,
  writeNumber,
} from "../../../docs/examples/durable_level/counted_writes.ts";

/** Its only argument, as JSON. */
export interface LevelWriterOrders {
  readonly directory: string;
  /** File for the number of each acknowledged write. */
  readonly notes: string;
}

/** Writes in progress at once. */
const CALLERS = 8;

const orders: LevelWriterOrders = JSON.parse(process.argv[2]);
const notes = openSync(orders.notes, "a");
const db = new DurableLevel(orders.directory, { checkpointBytes: 20_000 });
let last = await countWrites(db);
console.log(last);

async function write(): Promise<never> {
  while (true) {
    const number = ++last;
    await db.batch(writeNumber(number));
    writeSync(notes, `${number}\n`);
  }
}

await Promise.all(Array.from({ length: CALLERS }, write));
