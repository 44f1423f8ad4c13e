/**
 * The process that uses logs on the cluster.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { CountPolicy, Wal, WalReader } from "../../mod.ts";
import { replicate, restoreReplica } from "../../replicate/mod.ts";
import { ObjectLog, type S3Store } from "../../storage/s3/mod.ts";
import { GATEWAYS, openPlace } from "../../tests/s3/place.ts";
import { LatencyLog } from "../peers/stopwatch.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import type {
  AppendFound,
  AppendJob,
  OpenJob,
  ReadFound,
  ReadJob,
  RestoreJob,
  S3Job,
  TimeFound,
} from "./s3_job.ts";

const MB = 1_000_000;

const now = () => performance.now();

/** A place that nobody has used; half of the workers use each gateway. */
async function newPlace(): Promise<S3Store> {
  const prefix = `bench/${Date.now()}-${process.pid}`;
  return await openPlace(GATEWAYS[process.pid % 2], prefix);
}

async function append(job: AppendJob): Promise<AppendFound> {
  const { bytes, callers, window, limitMs, seconds, warmSeconds } = job;
  const place = await newPlace();
  const options = { window, batching: { limitMs }, compaction: false } as const;
  const wal = await Wal.open(new ObjectLog(place, options));
  const records = makeRecords(8, bytes);
  const latencies = new LatencyLog();
  const startedAt = now() + warmSeconds * 1000;
  const endsAt = startedAt + seconds * 1000;
  let acked = 0;
  let flushes = 0;
  wal.on("flush", () => {
    if (now() > startedAt && now() < endsAt) flushes++;
  });
  const caller = async (nth: number) => {
    for (let at = nth; now() < endsAt; at++) {
      const before = now();
      await wal.append(records[at % records.length]);
      const after = now();
      if (before < startedAt || after > endsAt) continue;
      latencies.note(after - before);
      acked++;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, nth) => caller(nth)));
  await wal.close();
  await empty(place);
  const [p50Ms, p99Ms] = latencies.at([0.5, 0.99]);
  return {
    ...{ p50Ms, p99Ms, perSecond: acked / seconds },
    flushesPerSecond: flushes / seconds,
  };
}

/** Writes a log of frames of 64 kB. */
async function fill(place: S3Store, megabytes: number): Promise<void> {
  const options = { window: 8, compaction: false } as const;
  const wal = await Wal.open(new ObjectLog(place, options), {
    policy: new CountPolicy({ records: 1 }),
  });
  const [record] = makeRecords(1, 64_000);
  const all = Array.from(
    { length: Math.ceil(megabytes * MB / record.length) },
    () => wal.append(record),
  );
  await Promise.all(all);
  await wal.close();
}

async function readSpeed(place: S3Store): Promise<number> {
  const reader = await WalReader.open(new ObjectLog(place));
  const startedAt = now();
  let bytes = 0;
  for await (const { data } of reader.read()) bytes += data.length;
  const seconds = (now() - startedAt) / 1000;
  await reader.close();
  return bytes / MB / seconds;
}

async function read({ megabytes }: ReadJob): Promise<ReadFound> {
  const place = await newPlace();
  await fill(place, megabytes);
  const slots = await count(place, "b/");
  const before = await readSpeed(place);
  const wal = await Wal.open(new ObjectLog(place));
  await rest(place);
  await wal.close();
  const objects = await count(place, "b/") + await count(place, "s/");
  const after = await readSpeed(place);
  await empty(place);
  return { before, after, slots, objects };
}

/** Resolves once no slot has vanished for 2 s. */
async function rest(place: S3Store): Promise<void> {
  for (let last = Infinity;;) {
    const slots = await count(place, "b/");
    if (slots === last) return;
    last = slots;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

async function open({ slots }: OpenJob): Promise<TimeFound> {
  const place = await newPlace();
  const options = { window: 64, compaction: false } as const;
  const wal = await Wal.open(new ObjectLog(place, options), {
    policy: new CountPolicy({ records: 1 }),
  });
  for (let left = slots; left > 0; left -= 1000) {
    const some = Array.from(
      { length: Math.min(left, 1000) },
      () => wal.append("a record"),
    );
    await Promise.all(some);
  }
  await wal.close();
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const startedAt = now();
    const again = await Wal.open(new ObjectLog(place, { compaction: false }));
    times.push(now() - startedAt);
    await again.close();
  }
  await empty(place);
  return { ms: times.sort((a, b) => a - b)[2] };
}

async function restore(
  { megabytes, directory }: RestoreJob & { directory: string },
): Promise<TimeFound> {
  const place = await newPlace();
  const engine = new ObjectLog(place, { window: 8 });
  const wal = await Wal.open(join(directory, "log"));
  const replica = await replicate(wal, engine);
  const records = makeRecords(16, 64_000);
  let left = megabytes * MB;
  while (left > 0) {
    await wal.appendBatch(records);
    left -= records.length * records[0].length;
  }
  await wal.append("the last one", { ack: "remote" });
  await replica.close();
  await wal.close();
  const startedAt = now();
  const restored = join(directory, "restored");
  const { lastLsn } = await restoreReplica(new ObjectLog(place), restored);
  const ms = now() - startedAt;
  if (lastLsn !== wal.lastLsn) throw new Error(`restored to ${lastLsn}`);
  await empty(place);
  return { ms };
}

async function count(place: S3Store, prefix: string): Promise<number> {
  let sum = 0;
  for (let after = "";;) {
    const { objects, isTruncated } = await place.list({ prefix, after });
    sum += objects.length;
    if (!isTruncated) return sum;
    after = objects[objects.length - 1].key;
  }
}

async function empty(place: S3Store): Promise<void> {
  for (;;) {
    const { objects, isTruncated } = await place.list();
    for (let at = 0; at < objects.length; at += 32) {
      const some = objects.slice(at, at + 32);
      await Promise.all(some.map(({ key }) => place.remove(key)));
    }
    if (!isTruncated) return;
  }
}

await answerJob<S3Job>((job) => {
  if (job.what === "append") return append(job);
  if (job.what === "read") return read(job);
  return job.what === "open" ? open(job) : restore(job);
});
