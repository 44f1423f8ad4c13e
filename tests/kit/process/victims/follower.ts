import { appendFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { WalReader } from "../../../../reader/wal_reader.ts";
import {
  CompactedError,
  TruncatedError,
} from "../../../../storage/frame_log.ts";
import { checkRecord } from "../record_content.ts";

/*
 * A process that follows a log which others write to and are killed at. It
 * notes each record that it was shown, as `LSN ROUND`, and ends with an error
 * if one is wrong, missing or shown twice. Given an LSN as a line of input, it
 * ends once it has seen that record.
 */

/** What the process has to do. */
export interface FollowerOrders {
  readonly directory: string;
  readonly seed: number;
  readonly level: "disk" | "os";
  /** File for the notes. */
  readonly file: string;
}

const orders: FollowerOrders = JSON.parse(process.argv[2]);
const { directory, seed, level, file } = orders;
let next = 1;
let lastLsn = Infinity;
const ending = new AbortController();
const endIfDone = () => next > lastLsn && ending.abort("done");
createInterface({ input: process.stdin }).on("line", (line) => {
  lastLsn = Number(line);
  endIfDone();
}).once("close", () => process.exit(lastLsn === Infinity ? 1 : 0));

const reader = await WalReader.open(directory, { level });
console.log("following");
while (!ending.signal.aborted) {
  try {
    await follow();
  } catch (error) {
    if (error === "done") break;
    if (error instanceof CompactedError) next = error.firstLsn;
    // At "os", another owner may withdraw what was not synced.
    else if (error instanceof TruncatedError && level === "os") {
      next = error.lastLsn + 1;
    } else throw error;
  }
}
await reader.close();
process.exit(0);

async function follow(): Promise<void> {
  const { signal } = ending;
  const batches = reader.followBatches({ from: next, signal });
  for await (const { firstLsn, records } of batches) {
    if (firstLsn !== next) throw new Error(`${next} is missing: ${firstLsn}`);
    let notes = "";
    for (const record of records) {
      const { round } = checkRecord(record, { seed, lsn: next });
      notes += `${next++} ${round}\n`;
    }
    appendFileSync(file, notes);
    endIfDone();
  }
}
