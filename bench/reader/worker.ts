/**
 * The process that appends, and the one that follows it.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import {
  NodeStorage,
  type OpenMode,
  type Storage,
  Wal,
  WalReader,
} from "../../mod.ts";
import { quantile } from "../../simulator/quantile.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import type { ReaderFound, ReaderJob } from "./reader_job.ts";

const [record] = makeRecords(1, 100);

/** Records appended before anything is measured. */
const WARM = 20;

/** Milliseconds since 1970, in fractions; the same in all processes. */
const now = () => performance.timeOrigin + performance.now();

type Job = ReaderJob & { readonly directory: string; readonly log?: string };

/** What the follower saw: when it was shown each record, and its CPU time. */
interface Shown {
  readonly shownAt: number[];
  readonly cpu: number;
}

async function follow({ log, level, occasion }: Job): Promise<Shown> {
  const storage = new NodeStorage(log!);
  const reader = await WalReader.open(
    occasion.endsWith("polled") ? unwatched(storage) : storage,
    { level },
  );
  const shownAt: number[] = [];
  let startedAt = 0;
  let before = process.cpuUsage();
  const ending = new AbortController();
  createInterface({ input: process.stdin })
    .on("line", () => {
      startedAt = now();
      before = process.cpuUsage();
    })
    .once("close", () => ending.abort("over"));
  process.stdout.write("following\n");
  const batches = reader.followBatches({ signal: ending.signal });
  try {
    for await (const { records } of batches) {
      const at = now();
      for (const _ of records) shownAt.push(at);
    }
  } catch (error) {
    if (error !== "over") throw error;
  }
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1000 / (now() - startedAt);
  await reader.close();
  return { shownAt, cpu };
}

/** What a reader needs of a storage, without reports of changes. */
function unwatched(storage: NodeStorage): Storage {
  return {
    location: storage.location,
    list: () => storage.list(),
    open: (name: string, mode: OpenMode) => storage.open(name, mode),
  } as Storage;
}

/** Appends as the occasion demands; returns when each record was acked. */
async function append(
  wal: Wal,
  { occasion, seconds, rate }: Job,
): Promise<number[]> {
  const ackedAt: number[] = [];
  const one = async () => {
    const lsn = await wal.append(record);
    ackedAt[lsn - 1] = now();
  };
  for (let warm = 0; warm < WARM; warm++) await one();
  await sleep(200);
  return ackedAt.length > 0 && occasion.startsWith("idle")
    ? ackedAt
    : await appendOn(one, ackedAt, { occasion, seconds, rate });
}

async function appendOn(
  one: () => Promise<void>,
  ackedAt: number[],
  { occasion, seconds, rate }: Pick<Job, "occasion" | "seconds" | "rate">,
): Promise<number[]> {
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  for (let count = 0; performance.now() < endAt; count++) {
    await one();
    if (occasion === "appends at full speed") continue;
    const dueAt = startedAt + (count + 1) / rate * 1000;
    await sleep(Math.max(0, dueAt - performance.now()));
  }
  return ackedAt;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function measure(job: Job): Promise<ReaderFound> {
  const log = join(job.directory, "log");
  mkdirSync(log);
  const [script] = process.argv.slice(1);
  const flags = "Deno" in globalThis
    ? ["run", "-A", "--no-config", "--node-modules-dir=manual", "--quiet"]
    : [];
  const args = [...flags, script, JSON.stringify({ ...job, log })];
  const stdio = ["pipe", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, args, { stdio: [...stdio] });
  const lines = createInterface({ input: child.stdout! });
  const said = lines[Symbol.asyncIterator]();
  await said.next();
  const wal = await Wal.open(log);
  const appending = append(wal, job);
  await sleep(150);
  child.stdin!.write("measure\n");
  const ackedAt = await appending;
  await sleep(job.occasion.startsWith("idle") ? job.seconds * 1000 : 100);
  child.stdin!.end();
  let answer = "";
  for (let line = await said.next(); !line.done; line = await said.next()) {
    answer = line.value || answer;
  }
  await wal.close();
  const { shownAt, cpu } = JSON.parse(answer) as Shown;
  const waits = ackedAt.slice(WARM, shownAt.length)
    .map((at, index) => Math.max(0, shownAt[WARM + index] - at))
    .sort((a, b) => a - b);
  if (waits.length === 0) return { records: 0, cpu };
  return {
    ...{ records: waits.length, cpu, mostMs: waits[waits.length - 1] },
    ...{ p50Ms: quantile(waits, 0.5), p99Ms: quantile(waits, 0.99) },
  };
}

await answerJob<Job>((job) =>
  job.log === undefined ? measure(job) : follow(job)
);
