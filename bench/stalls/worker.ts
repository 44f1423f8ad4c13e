/**
 * The process in which a timer beats while a log is used.
 *
 * @module
 */

import { join } from "node:path";
import { Wal } from "../../mod.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import { withHeartbeat } from "./heartbeat.ts";
import type { StallsFound, StallsJob } from "./stalls_job.ts";

const RECORD_BYTES = 100;
const LARGE_FRAME_RECORDS = 64;
const [record] = makeRecords(1, RECORD_BYTES);

/** Frames after which a log is synced: later ones then say so. */
const SYNC_FRAMES = 256;

/** Fills a log of one segment up to `logBytes`. */
async function fill(
  directory: string,
  { occasion, logBytes }: StallsJob,
): Promise<Wal> {
  const count = occasion.endsWith("small frames") ? 1 : LARGE_FRAME_RECORDS;
  const batch = Array.from({ length: count }, () => record);
  const wal = await Wal.open(directory);
  const frameBytes = 48 + count * (RECORD_BYTES + 4);
  const frames = Math.ceil(logBytes / frameBytes);
  for (let frame = 1; frame <= frames; frame++) {
    const isLast = frame % SYNC_FRAMES === 0 || frame === frames;
    await wal.appendBatch(batch, { ack: isLast ? "disk" : "os" });
  }
  return wal;
}

/** Appends at a rate, whatever else goes on; each beat makes up for the last. */
function appender(wal: Wal, rate: number) {
  const startedAt = performance.now();
  let appended = 0;
  return {
    beat() {
      const due = (performance.now() - startedAt) / 1000 * rate;
      for (; appended < due; appended++) void wal.append(record);
    },
    perSecond: () => appended / (performance.now() - startedAt) * 1000,
  };
}

async function compute(seconds: number): Promise<void> {
  const endAt = performance.now() + seconds * 1000;
  while (performance.now() < endAt) {
    const sliceEndAt = performance.now() + 1;
    while (performance.now() < sliceEndAt);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function appendOnly(
  directory: string,
  { seconds, rate }: StallsJob,
): Promise<StallsFound> {
  const wal = await Wal.open(directory);
  const { beat, perSecond } = appender(wal, rate);
  const { value: _, ...found } = await withHeartbeat(() => idle(seconds), beat);
  const appendedPerSecond = perSecond();
  await wal.close();
  return { ...found, appendedPerSecond };
}

/** Reads the log from its first to its last record until it has read enough. */
async function readAgain(
  directory: string,
  job: StallsJob,
): Promise<StallsFound> {
  const wal = await fill(directory, job);
  const to = await wal.flush();
  const { beat, perSecond } = appender(wal, job.rate);
  const { value, ...found } = await withHeartbeat(async () => {
    let records = 0;
    for (let bytes = 0; bytes < job.readBytes;) {
      for await (const batch of wal.readBatches({ to })) {
        for (const { length } of batch.records) bytes += length;
        records += batch.records.length;
      }
    }
    return records;
  }, beat);
  const appendedPerSecond = perSecond();
  await wal.close();
  const recordsPerSecond = value / found.ms * 1000;
  const bytesPerSecond = recordsPerSecond * RECORD_BYTES;
  return { ...found, recordsPerSecond, bytesPerSecond, appendedPerSecond };
}

/** Opens a log whose owner has it open still, as after a crash. */
async function openUnclosed(
  directory: string,
  job: StallsJob,
): Promise<StallsFound> {
  const abandoned = await fill(directory, job);
  const options = { takeOver: true, warn() {} };
  const { value, ...found } = await withHeartbeat(() =>
    Wal.open(directory, options)
  );
  await abandoned.close().catch(() => {});
  await value.close();
  return found;
}

async function dropSegments(
  directory: string,
  { segments }: StallsJob,
): Promise<StallsFound> {
  const segmentBytes = 4096;
  const wal = await Wal.open(directory, { segmentBytes });
  const [filling] = makeRecords(1, segmentBytes);
  // The last segment stays.
  for (let count = 0; count <= segments; count++) {
    await wal.append(filling, { ack: "os" });
  }
  const last = await wal.flush();
  const { value: _, ...found } = await withHeartbeat(() =>
    wal.truncateBefore(last)
  );
  await wal.close();
  return found;
}

function idle(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

await answerJob<StallsJob>(async ({ directory, ...job }) => {
  const log = join(directory, "log");
  const { occasion, seconds } = job;
  if (occasion === "append") return await appendOnly(log, job);
  if (occasion === "drop") return await dropSegments(log, job);
  if (occasion.startsWith("read")) return await readAgain(log, job);
  if (occasion.startsWith("open")) return await openUnclosed(log, job);
  const act = occasion === "idle" ? idle : compute;
  const { value: _, ...found } = await withHeartbeat(() => act(seconds));
  return found;
});
