/*
 * A fresh process that opens a log, recovering it if need be, and compares it
 * with what others noted. Says what it found; ends with code 1 on any flaw.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { Wal } from "../../../../wal.ts";
import { type Expectation, verifyLog } from "../verify_log.ts";
import { chooseStorage } from "./choose_storage.ts";

/** What the process is told. */
export interface VerifierOrders extends Expectation {
  directory: string;
}

const orders: VerifierOrders = JSON.parse(process.argv[2]);
const wal = await Wal.open(chooseStorage(orders.directory, "blocking"));
writeSync(1, `${JSON.stringify(await verifyLog(wal, orders))}\n`);
await wal.close();
