import { writeSync } from "node:fs";
import process from "node:process";
import { backupLog } from "../../../../backup/mod.ts";
import { NodeStorage } from "../../../../storage/directory/node_storage.ts";
import { generator } from "../record_content.ts";

/*
 * A process to be killed. It backs up a log again and again, and says after each
 * time up to which record.
 */

/** What the process has to do. */
export interface BackupKeeperOrders {
  readonly directory: string;
  readonly target: string;
  readonly seed: number;
  readonly round: number;
}

const orders: BackupKeeperOrders = JSON.parse(process.argv[2]);
// Its input ends when no process is left to kill it.
process.stdin.resume().once("end", () => process.exit());

const { directory, target, seed, round } = orders;
const next = generator(seed, round);
const storage = (place: string | URL) => new NodeStorage(place);
while (true) {
  const verify = next() % 4 === 0;
  const { lastLsn } = await backupLog(directory, target, { verify, storage });
  writeSync(1, `${lastLsn}\n`);
  await new Promise((resolve) => setTimeout(resolve, next() % 5));
}
