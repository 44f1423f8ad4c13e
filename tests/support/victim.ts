/*
 * A process to be killed: appends to the log in the directory given until then,
 * and says on standard output which LSNs were acknowledged.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { Wal } from "../../wal.ts";

const CALLERS = 16;

const wal = await Wal.open(process.argv[2], { segmentBytes: 256 * 1024 });
writeSync(1, "open\n");
await Promise.all(Array.from({ length: CALLERS }, async () => {
  while (true) {
    const lsn = await wal.append(`record of process ${process.pid}`);
    writeSync(1, `${lsn}\n`);
  }
}));
