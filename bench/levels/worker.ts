/**
 * The process in which an application uses a log with one setting, or none.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { quantile } from "../../simulator/quantile.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { arrivals, drive } from "../latency/open_loop.ts";
import { cases } from "../peers/case.ts";
import { measure } from "../peers/measure.ts";
import { LatencyLog, Stopwatch } from "../peers/stopwatch.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import {
  BATCH_RECORDS,
  LEVEL_SHARES,
  levels,
  type LevelsFound,
  type LevelsJob,
  NO_LOG,
  SENDERS,
} from "./levels_job.ts";

const callers = cases.find(({ name }) => name === "c64")!;

/** What the application appends to. */
interface Target {
  append(record: Buffer): Promise<unknown>;
  appendAll(records: readonly Buffer[]): Promise<unknown>;
  close(): Promise<unknown>;
}

/** An application without a log still has its promises. */
const noLog: Target = {
  append: () => Promise.resolve(),
  appendAll: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

async function open(
  job: LevelsJob,
  directory: string,
  more: WalOptions,
): Promise<Target> {
  if (job.level === NO_LOG) return noLog;
  const { synchronous, ack } = levels.find(({ name }) => name === job.level)!;
  const wal = await Wal.open(directory, {
    ...more,
    flushing: job.flushing,
    synchronous,
    warn() {},
  });
  const level = { ack };
  return {
    append: (record) => wal.append(record, level),
    appendAll: (records) => wal.appendBatch(records, level),
    close: () => wal.close(),
  };
}

/** Senders that copy the records they were given, and await their batch. */
async function sendBatches(
  target: Target,
  { warmSeconds, seconds }: LevelsJob,
): Promise<number> {
  const received = makeRecords(BATCH_RECORDS, 100);
  const watch = new Stopwatch(warmSeconds, seconds, new LatencyLog(0));
  async function send(): Promise<void> {
    for (let at = performance.now(); !watch.isOver; at = watch.note(at)) {
      const batch = received.map((record) => Buffer.from(record));
      await target.appendAll(batch);
      watch.records += BATCH_RECORDS;
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, send));
  return watch.read().opsPerSecond;
}

async function arriveAtRate(
  target: Target,
  { warmSeconds, seconds, rate, round }: LevelsJob & { readonly round: number },
): Promise<number[]> {
  const instants = arrivals(rate, warmSeconds + seconds, round);
  const loop = await drive(target, instants, makeRecords(1024, 100));
  const first = instants.findIndex((at) => at >= warmSeconds * 1000);
  const counted = loop.latencies.slice(first).sort();
  return LEVEL_SHARES.map((share) => quantile(counted, share));
}

await answerJob<LevelsJob & { readonly round: number }>(
  async ({ directory, ...job }): Promise<LevelsFound> => {
    async function withLog<Found>(
      name: string,
      use: (target: Target) => Promise<Found>,
      more: WalOptions = {},
    ): Promise<Found> {
      const target = await open(job, join(directory, name), more);
      const found = await use(target);
      await target.close();
      return found;
    }
    const latencies = await withLog(
      "arrivals",
      (target) => arriveAtRate(target, job),
    );
    const { opsPerSecond } = await withLog(
      "callers",
      (target) => measure(target, callers, job),
    );
    const batchedPerSecond = await withLog(
      "batches",
      (target) => sendBatches(target, job),
      { maxQueuedRecords: job.maxQueuedRecords },
    );
    return { callersPerSecond: opsPerSecond, batchedPerSecond, latencies };
  },
);
