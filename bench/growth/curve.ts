import * as fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Wal } from "../../wal.ts";
import { makeRecords } from "../process/make_records.ts";
import type { CurvePoint } from "./growth_job.ts";

const BATCH = 2000;
const RECORD_BYTES = 100;
const FIRST_POINT = 100_000;

/** 1, 2, 5, 10, … times the first point, up to `records`. */
function points(records: number): number[] {
  const found: number[] = [];
  for (let decade = FIRST_POINT; decade <= records; decade *= 10) {
    found.push(...[1, 2, 5].map((times) => times * decade));
  }
  return found.filter((point) => point <= records);
}

/**
 * Appends durable batches until there are so many records. Every byte is really
 * written and synced. At each point the log is opened as after a crash, and
 * again after a close; the page cache is warm.
 */
export async function growLog(
  directory: string,
  records: number,
): Promise<CurvePoint[]> {
  const log = join(directory, "log");
  const batch = makeRecords(BATCH, RECORD_BYTES);
  const found: CurvePoint[] = [];
  let wal = await Wal.open(log);
  let count = 0;
  for (const point of points(records)) {
    const before = count;
    const startedAt = performance.now();
    for (; count < point; count += BATCH) await wal.appendBatch(batch);
    const elapsedMs = performance.now() - startedAt;
    const tailBytes = segmentsOf(log).at(-1)!.bytes;
    // The one that is open learns that it is not the owner any more.
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
