/**
 * The process in which a log is built and its records are looked up.
 *
 * @module
 */

import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { defaultStorage } from "../../storage/storage_target.ts";
import { SeededRandom } from "../../random.ts";
import { quantile } from "../../simulator/quantile.ts";
import { SegmentReader } from "../../storage/segments/segment_reader.ts";
import { Wal } from "../../wal.ts";
import { buildLog } from "../process/build_log.ts";
import { answerJob } from "../process/worker.ts";
import type {
  CallTimes,
  LookupCall,
  LookupFound,
  LookupJob,
} from "./lookup_job.ts";

/** Calls before those that count, so that the code is compiled. */
const WARM = 2000;

/** Calls in progress at the same time. */
const AT_ONCE = 1000;

/** A log that is not synced while it is built. */
const OPTIONS = { synchronous: "off", warn() {} } as const;

async function measureLog(
  directory: string,
  job: LookupJob,
): Promise<LookupFound> {
  const log = join(directory, "log");
  mkdirSync(log);
  const records = await buildLog(log, job);
  const random = new SeededRandom(1);
  const anyLsn = () => random.integer(1, records);
  const times = [await timeOpenings(log, job.openings, anyLsn)];
  const index = await largestIndex(log);
  const wal = await Wal.open(log, OPTIONS);
  let next = anyLsn();
  const inOrder = () => next = next % records + 1;
  const { calls } = job;
  times.push(
    await time("get", calls, () => get(wal, anyLsn())),
    await time("get in order", calls, () => get(wal, inOrder())),
    await timeTogether(wal, calls, anyLsn),
    await time("read from anywhere", calls, () => readOne(wal, anyLsn())),
    ...await timeTail(wal, calls, job, random),
  );
  await wal.close();
  return { records, ...index, times };
}

/** Opens the log again and again; times the first call each time. */
async function timeOpenings(
  log: string,
  openings: number,
  anyLsn: () => number,
): Promise<CallTimes> {
  const took: number[] = [];
  for (let index = 0; index < openings; index++) {
    const wal = await Wal.open(log, OPTIONS);
    const lsn = anyLsn();
    const startedAt = performance.now();
    await get(wal, lsn);
    took.push(performance.now() - startedAt);
    await wal.close();
  }
  return timesOf("first get", took);
}

/** Gets and polls at the end of the active segment, between appends. */
async function timeTail(
  wal: Wal,
  calls: number,
  { recordsPerFrame, recordBytes }: LookupJob,
  random: SeededRandom,
): Promise<CallTimes[]> {
  const bytes = new Uint8Array(recordBytes);
  const batch = new Array<Uint8Array>(recordsPerFrame).fill(bytes);
  const gets: number[] = [];
  const polls: number[] = [];
  for (let index = 0; index < calls; index++) {
    const { first, last } = await wal.appendBatch(batch);
    const lsn = last - random.integer(0, Math.min(1000, last - 1));
    const startedAt = performance.now();
    await wal.get(lsn);
    const gotAt = performance.now();
    for await (const _ of wal.read({ from: first }));
    polls.push(performance.now() - gotAt);
    gets.push(gotAt - startedAt);
  }
  return [
    timesOf("get the last while appending", gets.slice(calls >> 2)),
    timesOf("poll the last", polls.slice(calls >> 2)),
  ];
}

/** Many calls at once; the time of each is its share of the whole. */
async function timeTogether(
  wal: Wal,
  calls: number,
  anyLsn: () => number,
): Promise<CallTimes> {
  const took: number[] = [];
  for (let done = 0; done < calls; done += AT_ONCE) {
    const lsns = Array.from({ length: AT_ONCE }, anyLsn);
    const startedAt = performance.now();
    await Promise.all(lsns.map((lsn) => wal.get(lsn)));
    took.push((performance.now() - startedAt) / AT_ONCE);
  }
  return timesOf("get, 1000 at once", took);
}

async function time(
  call: LookupCall,
  calls: number,
  run: () => Promise<void>,
): Promise<CallTimes> {
  for (let index = 0; index < Math.min(WARM, calls); index++) await run();
  const took: number[] = [];
  for (let index = 0; index < calls; index++) {
    const startedAt = performance.now();
    await run();
    took.push(performance.now() - startedAt);
  }
  return timesOf(call, took);
}

async function get(wal: Wal, lsn: number): Promise<void> {
  requireRecord(lsn, (await wal.get(lsn))!.data);
}

async function readOne(wal: Wal, from: number): Promise<void> {
  const reading = wal.read({ from, to: from });
  const { value } = await reading.next();
  await reading.return(undefined);
  requireRecord(from, value!.data);
}

/** Each record begins with its LSN. */
function requireRecord(lsn: number, data: Uint8Array): void {
  const found = new DataView(data.buffer, data.byteOffset).getFloat64(0, true);
  if (found !== lsn) throw new Error(`record ${lsn} says that it is ${found}`);
}

function timesOf(call: LookupCall, tookMs: number[]): CallTimes {
  const sorted = Float64Array.from(tookMs).sort();
  const at = (q: number) => quantile(sorted, q) * 1000;
  return {
    ...{ call, calls: tookMs.length },
    ...{ p50Us: at(0.5), p99Us: at(0.99), p999Us: at(0.999) },
  };
}

/** How large the index of the largest segment is: 16 bytes an entry. */
async function largestIndex(log: string) {
  const names = readdirSync(log).filter((name) => name.endsWith(".wal"));
  const sizes = names.map((name) => statSync(join(log, name)).size);
  const largestBytes = Math.max(...sizes);
  const reader = await SegmentReader.open(
    await defaultStorage(log),
    names[sizes.indexOf(largestBytes)],
  );
  const seal = await reader.seal();
  await reader.close();
  const indexBytes = Math.max(0, (seal?.length ?? 0) - 8);
  return { segments: names.length, largestBytes, indexBytes };
}

await answerJob<LookupJob>(({ directory, ...job }) =>
  measureLog(directory, job)
);
