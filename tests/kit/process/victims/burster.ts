import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import process from "node:process";
import { FencedError } from "../../../../storage/frame_log.ts";
import { LogLockedError } from "../../../../storage/storage.ts";
import { Wal } from "../../../../wal.ts";
import { LogFailedError } from "../../../../writer/log_failed_error.ts";
import { chooseStorage, type Io } from "./choose_storage.ts";
import { NotingWriter } from "./noting_writer.ts";

/*
 * A process that appends as fast as it can, until another takes its log. It
 * ends with code 5 once it was fenced and has seen that it stays fenced.
 */

/** What the process has to do. */
export interface BursterOrders {
  directory: string;
  notes: string;
  seed: number;
  io: Io;
}

const CALLERS = 6;

const orders: BursterOrders = JSON.parse(process.argv[2]);
// Its input ends when no process is left to wake it.
process.stdin.resume().once("end", () => process.exit());

try {
  await burst();
} catch (error) {
  // It was stopped before it had anything to lose.
  const isRefused = error instanceof LogLockedError ||
    error instanceof FencedError;
  if (!isRefused) throw error;
}
process.exit(5);

async function burst(): Promise<void> {
  const storage = chooseStorage(orders.directory, orders.io);
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  const writer = new NotingWriter(wal, 0, { ...orders, round: 1 });
  writeSync(1, "open\n");
  const callers = Array.from({ length: CALLERS }, async (_, index) => {
    while (true) {
      if (index % 3 === 2) await writer.appendBatch(3, "disk");
      else await writer.append(index % 3 === 1 ? "os" : "disk");
    }
  });
  const endings = await Promise.allSettled(callers);
  for (const ending of endings) {
    assert(ending.status === "rejected");
    requireFenced(ending.reason);
  }
  await wal.append("late").then(() => assert.fail("acked"), requireFenced);
  await wal.close();
}

function requireFenced(error: unknown): void {
  const cause = error instanceof LogFailedError ? error.cause : undefined;
  if (!(cause instanceof FencedError)) throw error;
}
