/**
 * Appends to many streams of one server or store, or is that server.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { makeApp } from "../../docs/examples/durable-streams/app.ts";
import { serve } from "../../docs/examples/durable-streams/serve.ts";
import { StreamStore } from "../../docs/examples/durable-streams/stream_store.ts";
import { answerJob, makeRecords } from "../process/worker.ts";
import { HttpLoad } from "./http_load.ts";
import { openSubject, serveReference, type SubjectName } from "./subjects.ts";

/** A measurement. */
export interface StreamsJob {
  readonly role: "store" | "http";
  readonly subject: SubjectName;
  /** The command of the server, which takes its job as last argument. */
  readonly command: readonly string[];
  readonly streams: number;
  readonly bytes: number;
  readonly warm: number;
  readonly seconds: number;
}

/** What was found. */
export interface StreamsFound {
  readonly appendsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU time of this process, all of its threads, for each append, in us. */
  readonly cpuUs: number;
}

interface ServerJob {
  readonly role: "server";
  readonly subject: SubjectName;
  readonly directory: string;
  readonly streams: number;
}

type Append = (stream: number) => Promise<unknown>;

/** Each stream has one append in flight all the time. */
async function measure(append: Append, job: StreamsJob): Promise<StreamsFound> {
  const startsAt = performance.now() + job.warm * 1000;
  const endsAt = startsAt + job.seconds * 1000;
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  let appends = 0;
  await Promise.all(Array.from({ length: job.streams }, async (_, stream) => {
    for (let now = performance.now(); now < endsAt;) {
      await append(stream);
      appends++;
      const then = now;
      now = performance.now();
      if (now >= startsAt && now < endsAt) latencies.push(now - then);
    }
  }));
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)];
  const appendsPerSecond = latencies.length / job.seconds;
  const cpuUs = (user + system) / appends;
  return { appendsPerSecond, p50: at(0.5), p99: at(0.99), cpuUs };
}

async function measureStore(
  job: StreamsJob & { readonly directory: string },
): Promise<StreamsFound> {
  const { subject, streams, bytes, directory } = job;
  const place = join(directory, "streams");
  const store = await openSubject(subject, place, streams);
  const paths = pathsOf(streams);
  const [data] = makeRecords(1, bytes);
  for (const path of paths) await store.create(path);
  const found = await measure((i) => store.append(paths[i], data), job);
  await store.close();
  return found;
}

async function measureServer(
  job: StreamsJob & { readonly directory: string },
): Promise<StreamsFound> {
  const { subject, streams, bytes, command } = job;
  const directory = join(job.directory, "streams");
  const serverJob: ServerJob = { role: "server", subject, directory, streams };
  const [program, ...args] = [...command, JSON.stringify(serverJob)];
  const server = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server.once("exit", () => reject(new Error("the server ended")));
      let said = "";
      server.stdout.on("data", (data) => {
        said += data;
        const port = /^port (\d+)$/m.exec(said)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
    const [data] = makeRecords(1, bytes);
    const load = await HttpLoad.open(port, pathsOf(streams), data);
    const found = await measure((stream) => load.append(stream), job);
    load.close();
    return found;
  } finally {
    server.kill("SIGKILL");
  }
}

async function serveStreams(job: ServerJob): Promise<void> {
  const { subject, directory, streams } = job;
  const port = subject === "reference"
    ? await serveReference(directory, streams)
    : (await serve(makeApp(await StreamStore.open(directory)), 0)).port;
  process.stdout.write(`port ${port}\n`);
}

function pathsOf(streams: number): string[] {
  return Array.from({ length: streams }, (_, i) => `/v1/stream/${i}`);
}

const job: StreamsJob | ServerJob = JSON.parse(process.argv[2]);
if (job.role === "server") await serveStreams(job);
else {
  await answerJob<StreamsJob>((job) =>
    job.role === "store" ? measureStore(job) : measureServer(job)
  );
}
