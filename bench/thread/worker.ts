/**
 * The process in which a log flushes on the main thread, or elsewhere.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { quantile } from "../../simulator/quantile.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import { median } from "../report/statistics.ts";
import { withHeartbeat } from "../stalls/heartbeat.ts";
import { appendInLoops, type Callers, callers } from "./callers.ts";
import { NO_LOG, setups } from "./setups.ts";
import { readTaskTimes, taskTimesSince } from "./task_times.ts";
import type { ThreadFound, ThreadJob } from "./thread_job.ts";

type Figures = ThreadFound["figures"];
type Job = ThreadJob & { readonly directory: string };

const RECORD_BYTES = 1000;
const MIB = 2 ** 20;
const records = makeRecords(64, RECORD_BYTES);

/** Opens the job's log, if it has one. */
async function open(
  { setup, directory }: Job,
  syncMs: number,
  more: WalOptions = {},
): Promise<Wal | undefined> {
  const { options } = setups.find(({ name }) => name === setup)!;
  if (options === undefined) return undefined;
  return await Wal.open(join(directory, "log"), {
    ...options(syncMs),
    ...more,
    warn() {},
  });
}

/**
 * Appends at a rate, without a log too: each beat makes up for the last. Records
 * that the queue has no room for wait for the next beat.
 */
class Application {
  appended = 0;
  readonly ackMs: number[] = [];
  readonly #wal: Wal | undefined;
  readonly #rate: number;
  readonly #startedAt = performance.now();

  constructor(wal: Wal | undefined, rate: number) {
    this.#wal = wal;
    this.#rate = rate;
  }

  readonly beat = (): void => {
    const now = performance.now();
    const due = (now - this.#startedAt) / 1000 * this.#rate;
    let lsn = 0;
    try {
      for (; this.appended < due; this.appended++) {
        const record = records[this.appended % records.length];
        if (this.#wal !== undefined) lsn = this.#wal.enqueue(record);
      }
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
    }
    if (lsn > 0) {
      this.#wal!.settled(lsn).then(() => {
        this.ackMs.push(performance.now() - now);
      });
    }
  };
}

/** Appends in each beat of a timer of 1 ms, whose gaps are measured. */
function everyBeat(ms: number, beat: () => void) {
  return withHeartbeat(() => sleep(ms), beat);
}

/** Appends every 10 ms, and has no other timer. */
async function inBursts(ms: number, beat: () => void) {
  const startedAt = performance.now();
  const timer = setInterval(beat, 10);
  await sleep(ms);
  clearInterval(timer);
  const unknown = { longestMs: NaN, p999Ms: NaN, lateBeats: NaN };
  return { ms: performance.now() - startedAt, ...unknown };
}

async function appendAtRate(
  job: Job,
  rate: number,
  syncMs: number,
  repeat: typeof everyBeat | typeof inBursts = everyBeat,
): Promise<Figures> {
  const wal = await open(job, syncMs);
  const warm = new Application(wal, rate);
  await repeat(100 * job.seconds, warm.beat);
  const application = new Application(wal, rate);
  const tasks = readTaskTimes();
  const cpu = process.cpuUsage();
  const gaps = await repeat(1000 * job.seconds, application.beat);
  const { mainMs, mainWaitedMs, busiestMs } = taskTimesSince(tasks);
  const { user, system } = process.cpuUsage(cpu);
  const segments = wal?.stats().storage.segments ?? 0;
  await wal?.close();
  const { appended, ackMs } = application;
  ackMs.sort((one, other) => one - other);
  const { ms, longestMs, p999Ms, lateBeats } = gaps;
  return {
    recordsPerSecond: appended / ms * 1000,
    longestDelayMs: longestMs - 1,
    p999DelayMs: p999Ms - 1,
    lateBeats,
    mainUsPerRecord: mainMs * 1000 / appended,
    processUsPerRecord: (user + system) / appended,
    mainShare: mainMs / ms,
    busiestShare: busiestMs / ms,
    processShare: (user + system) / 1000 / ms,
    mainWaitedShare: mainWaitedMs / ms,
    ackP50Ms: quantile(ackMs, 0.5),
    ackP99Ms: quantile(ackMs, 0.99),
    segments,
  };
}

async function doNothing(job: Job): Promise<Figures> {
  const wal = await open(job, 0);
  await wal?.append(records[0]);
  // What the opening has left to do.
  await sleep(Math.min(2000, 1000 * job.seconds));
  const tasks = readTaskTimes();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(1000 * job.seconds);
  const { mainMs, busiestMs } = taskTimesSince(tasks);
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - startedAt;
  await wal?.close();
  return {
    mainShare: mainMs / ms,
    busiestShare: busiestMs / ms,
    processShare: (user + system) / 1000 / ms,
  };
}

/** Queues records in one turn, faster than any flush. */
async function queue(job: Job): Promise<Figures> {
  const wal = await open(job, job.syncMs, {
    maxQueuedRecords: job.queued,
    maxQueuedBytes: job.queued * (RECORD_BYTES + 4),
  });
  await wal?.append(records[0]);
  collect();
  const before = process.memoryUsage();
  for (let index = 0; index < job.queued; index++) {
    wal?.enqueue(records[index % records.length]);
  }
  const after = process.memoryUsage();
  const stillQueued = wal?.stats().queue.records ?? 0;
  await wal?.flush();
  const peak = peakBytes() - before.rss;
  await wal?.close();
  return {
    queued: stillQueued,
    residentMiB: (after.rss - before.rss) / MIB,
    buffersMiB: (after.arrayBuffers - before.arrayBuffers) / MIB,
    externalMiB: (after.external - before.external) / MIB,
    heapMiB: (after.heapUsed - before.heapUsed) / MIB,
    peakMiB: peak / MIB,
  };
}

/** Collects garbage, if the runtime allows it. */
function collect(): void {
  try {
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
  } catch {
    // Bun decides for itself.
  }
}

/** The largest resident set so far. */
function peakBytes(): number {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

async function openAndClose(job: Job): Promise<Figures> {
  const times = {
    open: [] as number[],
    ack: [] as number[],
    close: [] as number[],
  };
  for (let nth = 0; nth < job.opens; nth++) {
    const directory = join(job.directory, `${nth}`);
    const startedAt = performance.now();
    const wal = await open({ ...job, directory }, 0);
    const openedAt = performance.now();
    await wal?.append(records[0]);
    const ackedAt = performance.now();
    await wal?.close();
    times.open.push(openedAt - startedAt);
    times.ack.push(ackedAt - openedAt);
    times.close.push(performance.now() - ackedAt);
  }
  return {
    firstOpenMs: times.open[0],
    openMs: median(times.open),
    firstAckMs: median(times.ack),
    closeMs: median(times.close),
  };
}

async function appendInCallers(job: Job, looping: Callers): Promise<Figures> {
  // Without a log, callers would only wait for each other.
  if (job.setup === NO_LOG) return {};
  const wal = await open(job, 0);
  const figures = await appendInLoops(wal, looping, 1000 * job.seconds);
  await wal?.close();
  return figures;
}

function measure(job: Job): Promise<Figures> {
  const { occasion, rate, steadyRate, syncMs } = job;
  if (occasion === "slow syncs") return appendAtRate(job, rate, syncMs);
  if (occasion === "bursts") return appendAtRate(job, rate, syncMs, inBursts);
  if (occasion === "steady") return appendAtRate(job, steadyRate, 0);
  if (occasion === "idle") return doNothing(job);
  const looping = callers[occasion];
  if (looping !== undefined) return appendInCallers(job, looping);
  if (occasion === "queued") return queue(job);
  return openAndClose(job);
}

await answerJob<ThreadJob>(async (job): Promise<ThreadFound> => ({
  figures: await measure(job),
}));
