import { writeSync } from "node:fs";
import process from "node:process";
import { Wal } from "../../../../wal.ts";
import { type Expectation, verifyLog } from "../verify_log.ts";
import { chooseStorage } from "./choose_storage.ts";

/*
 * A fresh process that opens logs, recovering them if need be, and compares
 * them with what others noted. Says what it found, a line for each log; ends
 * with code 1 on any flaw.
 */

/** What the process has to know about each log. */
export interface VerifierOrders extends Expectation {
  directory: string;
}

for (const orders of JSON.parse(process.argv[2]) as VerifierOrders[]) {
  const wal = await Wal.open(chooseStorage(orders.directory, "blocking"));
  const verified = await verifyLog(wal, orders).catch((cause) => {
    throw new Error(orders.directory, { cause });
  });
  writeSync(1, `${JSON.stringify(verified)}\n`);
  await wal.close();
}
