/**
 * The process in which logs are followed, and the last records of one are read.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { quantile } from "../../simulator/quantile.ts";
import { Wal } from "../../wal.ts";
import { buildLog } from "../process/build_log.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import type { FollowFound, FollowJob, FollowRate } from "./follow_job.ts";

/** The followers to measure. The first has none: all are compared with it. */
const CROWDS: readonly Pick<FollowRate, "call" | "followers">[] = [
  { call: "none", followers: 0 },
  { call: "followBatches", followers: 1 },
  { call: "followBatches", followers: 10 },
  { call: "followBatches", followers: 100 },
  { call: "follow", followers: 1 },
  { call: "follow", followers: 100 },
];

const RECORD_BYTES = 100;

/** A log of its own for each crowd, so that nobody has to come and go. */
interface Place {
  readonly crowd: Pick<FollowRate, "call" | "followers">;
  readonly wal: Wal;
  /** Records a second, by round. */
  readonly rates: number[];
  /** CPU time per flush in us, by round. */
  readonly cpuUs: number[];
  /** Records that followers have seen. */
  seen: number;
  records: number;
  frames: number;
}

async function measure(
  directory: string,
  job: FollowJob,
): Promise<FollowFound> {
  const places: Place[] = [];
  for (const [index, crowd] of CROWDS.entries()) {
    const path = join(directory, `log-${index}`);
    mkdirSync(path);
    const wal = await Wal.open(path, { warn() {} });
    const place = {
      ...{ crowd, wal, rates: [], cpuUs: [], seen: 0, records: 0, frames: 0 },
    };
    follow(place);
    await append(place, job, job.sliceMs);
    places.push(place);
  }
  for (const place of places) await append(place, job, job.sliceMs);
  for (let round = 0; round < job.rounds; round++) {
    // Each crowd is first, second, ... as often as any other.
    for (let index = 0; index < places.length; index++) {
      const place = places[(index + round) % places.length];
      const { frames } = place;
      const before = process.cpuUsage();
      place.rates.push(await append(place, job, job.sliceMs));
      const { user, system } = process.cpuUsage(before);
      place.cpuUs.push((user + system) / (place.frames - frames));
    }
  }
  const rates = places.map((place) => rateOf(place, places[0]));
  for (const { wal } of places) await wal.close();
  return { rates, ...await measureLast(directory, job) };
}

/** Begins to follow: by `follow` or `followBatches`, and does no more. */
function follow(place: Place): void {
  const { call, followers } = place.crowd;
  const { wal } = place;
  for (let index = 0; index < followers; index++) {
    void (async () => {
      if (call === "follow") {
        for await (const _ of wal.follow()) place.seen++;
      } else {
        for await (const { records } of wal.followBatches()) {
          place.seen += records.length;
        }
      }
    })();
  }
}

/** Appends durable records for a while; returns how many a second. */
async function append(
  place: Place,
  { callers }: FollowJob,
  ms: number,
): Promise<number> {
  const { wal } = place;
  const [record] = makeRecords(1, RECORD_BYTES);
  const before = wal.lastLsn;
  const startedAt = performance.now();
  let isOver = false;
  let durable = wal.durableLsn;
  const caller = async () => {
    while (!isOver) {
      await wal.append(record);
      if (wal.durableLsn === durable) continue;
      // Once per flush: the clock is asked no more often.
      durable = wal.durableLsn;
      place.frames++;
      isOver = performance.now() - startedAt >= ms;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const appended = wal.lastLsn - before;
  place.records += appended;
  return appended / (performance.now() - startedAt) * 1000;
}

function rateOf(place: Place, nobody: Place): FollowRate {
  const { crowd, rates, cpuUs, records, frames } = place;
  const shares = rates.map((rate, round) => rate / nobody.rates[round]);
  return {
    ...crowd,
    opsPerSecond: median(rates),
    share: median(shares),
    cpuUs: median(cpuUs),
    recordsPerFlush: records / frames,
  };
}

function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/** Reads the last 50 records of a large log, again and again. */
async function measureLast(directory: string, job: FollowJob) {
  const path = join(directory, "large");
  mkdirSync(path);
  const records = await buildLog(path, job);
  const wal = await Wal.open(path, { synchronous: "off", warn() {} });
  const took: number[] = [];
  for (let call = 0; call <= job.calls; call++) {
    const startedAt = performance.now();
    const found = await wal.last(50);
    took.push((performance.now() - startedAt) * 1000);
    const [first] = found;
    if (found.length !== 50 || first.lsn !== records - 49) {
      throw new Error("not the last 50");
    }
  }
  await wal.close();
  const [firstLastUs, ...rest] = took;
  const sorted = Float64Array.from(rest).sort();
  const lastUs = { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
  return { records, firstLastUs, lastUs };
}

await answerJob<FollowJob>(({ directory, ...job }) => measure(directory, job));
