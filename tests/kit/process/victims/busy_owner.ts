/**
 * Opens the log in the directory that is its argument, and appends to it until
 * it is killed.
 *
 * @module
 */
import process from "node:process";
import { Wal } from "../../../../wal.ts";

const wal = await Wal.open(process.argv[2], { alerts: { storedBytes: 10 } });
console.log("open");
while (true) {
  await wal.append("a record");
  await new Promise((resolve) => setTimeout(resolve, 5));
}
