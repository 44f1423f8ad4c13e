/**
 * Opens the log in the directory that is its argument, and appends to it until
 * it is killed.
 *
 * @module
 */
import process from "node:process";
import { Wal } from "../../../../wal.ts";

// How slow the disk of a busy machine is says nothing here.
const alerts = { storedBytes: 10, flushMs: false, stallMs: false } as const;
const wal = await Wal.open(process.argv[2], { alerts });
console.log("open");
while (true) {
  await wal.append("a record");
  await new Promise((resolve) => setTimeout(resolve, 5));
}
