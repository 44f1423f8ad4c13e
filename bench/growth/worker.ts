/**
 * The process in which a log grows, or is overloaded.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { NodeStorage } from "../../storage/directory/node_storage.ts";
import { Wal } from "../../wal.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import type {
  CurvePoint,
  GrowthJob,
  OverloadFound,
  OverloadJob,
} from "./growth_job.ts";

const BATCH = 2000;
const BATCH_RECORD_BYTES = 100;

/** The first point, or less in a log that stays small. */
const FIRST_POINT = 100_000;

/** 1, 2, 5, 10, ... times the first point, up to `records`. */
function pointsUpTo(records: number): number[] {
  const found: number[] = [];
  const first = Math.min(FIRST_POINT, records);
  for (let decade = first; decade <= records; decade *= 10) {
    found.push(...[1, 2, 5].map((times) => times * decade));
  }
  return found.filter((point) => point <= records);
}

/**
 * Appends durable batches until there are `records`. Every byte is really
 * written and synced. At each point the log is opened as after a crash, and
 * again after a close; the page cache is warm.
 */
async function growLog(
  directory: string,
  records: number,
): Promise<CurvePoint[]> {
  const log = join(directory, "log");
  const batch = makeRecords(BATCH, BATCH_RECORD_BYTES);
  const found: CurvePoint[] = [];
  let wal = await Wal.open(log);
  let count = 0;
  for (const point of pointsUpTo(records)) {
    const before = count;
    const startedAt = performance.now();
    for (; count < point; count += BATCH) await wal.appendBatch(batch);
    const elapsedMs = performance.now() - startedAt;
    const tailBytes = segmentsOf(log).at(-1)!.bytes;
    // The log that is still open learns that it is no longer the owner.
    const abandoned = wal;
    const crashed = await openTimed(log, true);
    await abandoned.close().catch(() => {});
    await crashed.wal.appendBatch(batch);
    count += BATCH;
    await crashed.wal.close();
    const closed = await openTimed(log, false);
    wal = closed.wal;
    const segments = segmentsOf(log);
    found.push({
      records: point,
      nsPerRecord: elapsedMs * 1e6 / (point - before),
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      segments: segments.length,
      openMs: closed.ms,
      openCrashedMs: crashed.ms,
      tailBytes,
      residentBytes: process.memoryUsage().rss,
    });
  }
  await wal.close();
  return found;
}

async function openTimed(
  log: string,
  takeOver: boolean,
): Promise<{ wal: Wal; ms: number }> {
  const startedAt = performance.now();
  const wal = await Wal.open(log, { takeOver, warn: () => {} });
  return { wal, ms: performance.now() - startedAt };
}

function segmentsOf(log: string): { bytes: number }[] {
  return fs.readdirSync(log).filter((name) => name.endsWith(".wal")).sort()
    .map((name) => ({ bytes: fs.statSync(join(log, name)).size }));
}

const RECORD_BYTES = 1024;

/** Callers of `append`; together they try to queue 100 MB. */
const CALLERS = 100_000;

/**
 * Producers that are faster than the disk. `enqueue` is called until the queue is
 * full, and again in the next turn. `append` is called by more callers than the
 * queue has room for; those that wait hold a copy of their record.
 */
async function overload(
  { way, maxQueuedBytes, seconds }: OverloadJob,
  directory: string,
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

await answerJob<GrowthJob>(async ({ directory, ...job }) => {
  return job.kind === "overload"
    ? await overload(job, directory)
    : { points: await growLog(directory, job.records) };
});
