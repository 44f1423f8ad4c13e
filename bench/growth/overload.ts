import type { Buffer } from "node:buffer";
import { join } from "node:path";
import process from "node:process";
import { QueueFullError } from "../../writer/append_queue.ts";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { Wal } from "../../wal.ts";
import { makeRecords } from "../process/make_records.ts";
import type { OverloadFound, OverloadWay } from "./growth_job.ts";

const RECORD_BYTES = 1024;
/** Callers of `append`; together they want to queue 100 MB. */
const CALLERS = 100_000;

/**
 * Producers that are faster than the disk, for a while. `enqueue` goes on until
 * the queue is full, and again a turn later. `append` is called by more callers
 * than the queue has room for; those who wait hold a copy of their record.
 */
export async function overload(
  directory: string,
  way: OverloadWay,
  maxQueuedBytes: number,
  seconds: number,
): Promise<OverloadFound> {
  const [record] = makeRecords(1, RECORD_BYTES);
  const wal = await Wal.open(join(directory, "log"), {
    maxQueuedBytes,
    maxQueuedRecords: Number.MAX_SAFE_INTEGER,
    maxWaitingBytes: Number.MAX_SAFE_INTEGER,
    maxWaitingRecords: Number.MAX_SAFE_INTEGER,
    ...(way.includes("threaded")
      ? { storage: (path) => new NodeStorage(path, { io: "threaded" }) }
      : {}),
  });
  await wal.append(record);
  const residentBefore = process.memoryUsage().rss;
  const startedAt = performance.now();
  const isOver = () => performance.now() - startedAt > seconds * 1000;
  const records = way === "append"
    ? await callAll(wal, record, isOver)
    : await enqueueAll(wal, record, isOver);
  const elapsedMs = performance.now() - startedAt;
  return {
    recordsPerSecond: records / elapsedMs * 1000,
    residentBefore,
    residentPeak: process.resourceUsage().maxRSS * 1024,
  };
}

async function enqueueAll(
  wal: Wal,
  record: Buffer,
  isOver: () => boolean,
): Promise<number> {
  while (!isOver()) {
    try {
      while (true) wal.enqueue(record);
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return await wal.flush();
}

async function callAll(
  wal: Wal,
  record: Buffer,
  isOver: () => boolean,
): Promise<number> {
  let records = 0;
  async function call(): Promise<void> {
    while (!isOver()) {
      await wal.append(record);
      records++;
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call));
  return records;
}
