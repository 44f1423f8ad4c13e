import { writeSync } from "node:fs";
import process from "node:process";
import { Wal } from "../../../../wal.ts";
import { type Expectation, verifyLog } from "../verify_log.ts";
import { NotingWriter } from "./noting_writer.ts";

/*
 * A process that takes a log from its living owner, compares it with the
 * owner's notes, appends, and does so again when its input ends.
 */

/** What the process has to do. */
export interface TakerOrders extends Expectation {
  directory: string;
  /** Its own notes. */
  file: string;
}

const APPENDS = 20;

const orders: TakerOrders = JSON.parse(process.argv[2]);
const wal = await Wal.open(orders.directory, {
  takeOver: true,
  segmentBytes: 4096,
});
const { last } = await verifyLog(wal, orders);
const { seed, file } = orders;
const writer = new NotingWriter(wal, last, { seed, round: 2, notes: file });
await append();
writeSync(1, `${last}\n`);
for await (const _ of process.stdin);
await append();
await wal.close();
writer.close();

async function append(): Promise<void> {
  for (let done = 0; done < APPENDS; done++) await writer.append("disk");
}
