import assert from "node:assert/strict";
import process from "node:process";
import { StorageError } from "../../../../storage/storage_error.ts";
import { Wal } from "../../../../wal.ts";
import { LogFailedError } from "../../../../writer/log_failed_error.ts";
import { chooseStorage, type Io } from "./choose_storage.ts";
import type { Lie } from "./lying_storage.ts";
import { NotingWriter } from "./noting_writer.ts";

/*
 * A process that appends in every possible way and notes what is acknowledged,
 * until it is done or the log has failed. It ends by itself: with code 0, with
 * 3 if the log failed and stays so, with 4 if it could not be opened.
 */

/** What the process has to do. */
export interface OrderlyOrders {
  directory: string;
  notes: string;
  seed: number;
  io: Io;
  lie?: Lie;
}

const orders: OrderlyOrders = JSON.parse(process.argv[2]);
const storage = chooseStorage(orders.directory, orders.io, orders.lie);

try {
  const wal = await Wal.open(storage, { segmentBytes: 4096 });
  const last = await wal.flush();
  process.exitCode = await use(wal, last);
} catch (error) {
  if (!(error instanceof StorageError)) throw error;
  process.exitCode = 4;
}

async function use(wal: Wal, last: number): Promise<number> {
  const writer = new NotingWriter(wal, last, { ...orders, round: 0 });
  try {
    await work(writer);
  } catch (error) {
    if (error instanceof LogFailedError) await staysFailed(wal);
    else if (!(error instanceof StorageError)) throw error;
  }
  const hasFailed = writer.hasFailed;
  const isClosed = await wal.close().then(() => true, (error) => {
    // Once the log has failed, closing only frees the lock.
    if (hasFailed || !isFailure(error)) throw error;
    return false;
  });
  writer.close();
  return isClosed && !hasFailed ? 0 : 3;
}

function isFailure(error: unknown): boolean {
  return error instanceof LogFailedError || error instanceof StorageError;
}

async function work(writer: NotingWriter): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    for (let lone = 0; lone < 4; lone++) await writer.append("disk");
    await burst(() => writer.append("disk"), 8);
    await burst(() => writer.append("os"), 3);
    // Enough for a new segment, with nothing synced in the one before.
    for (let lone = 0; lone < 10; lone++) await writer.append("os");
    await writer.append("disk");
    await writer.appendBatch(5, turn % 2 === 0 ? "disk" : "os");
    await writer.enqueue(4, "os");
    await writer.enqueue(4, "disk");
    await burst(() => writer.append("memory"), 3);
    await writer.flush();
  }
  await writer.truncateBefore(writer.lastLsn - 30);
  await writer.append("disk");
}

/** Waits for all, so that an ack after a failure would be seen. */
async function burst(act: () => Promise<void>, count: number): Promise<void> {
  const all = await Promise.allSettled(Array.from({ length: count }, act));
  const reasons = all.flatMap((one) =>
    one.status === "rejected" ? [one.reason] : []
  );
  if (reasons.length === 0) return;
  throw reasons.find((reason) => !isFailure(reason)) ?? reasons[0];
}

/** Nothing is accepted any more, by any method. */
async function staysFailed(wal: Wal): Promise<void> {
  for (let again = 0; again < 3; again++) {
    assert.throws(() => wal.enqueue("late"), LogFailedError);
    for (const ack of ["memory", "os", "disk"] as const) {
      await assert.rejects(wal.append("late", { ack }), LogFailedError);
    }
    await assert.rejects(wal.appendBatch(["late", "later"]), LogFailedError);
    await assert.rejects(wal.flush(), LogFailedError);
    await assert.rejects(wal.truncateBefore(1), LogFailedError);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
