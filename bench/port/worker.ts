/**
 * The process that appends to a log in one thread, and by ports in several; it
 * is also the source of these threads.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import {
  isMainThread,
  type MessagePort,
  parentPort,
  Worker,
} from "node:worker_threads";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { openPort, WalPort } from "../../port/mod.ts";
import { Wal } from "../../wal.ts";
import { answerJob } from "../process/worker.ts";
import { median } from "../report/statistics.ts";
import { codecOf, send, type Sent } from "./load.ts";
import type { PortFound, PortJob, Side } from "./port_job.ts";

const ECHOES = 2000;

interface Order {
  readonly senders: number;
  readonly sliceMs: number;
}

/** A thread with a port. */
class Thread {
  readonly #worker: Worker;

  constructor(wal: Wal, { load }: PortJob) {
    const port = openPort<MessagePort>(wal);
    this.#worker = new Worker(new URL(import.meta.url));
    this.#worker.postMessage({ port, load }, [port]);
  }

  send(order: Order): Promise<Sent> {
    return this.#ask(order) as Promise<Sent>;
  }

  echo(): Promise<unknown> {
    return this.#ask("echo");
  }

  #ask(message: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.once("message", resolve);
      this.#worker.once("error", reject);
      this.#worker.postMessage(message);
    });
  }

  end(): Promise<unknown> {
    return this.#worker.terminate();
  }
}

/** What happened in a slice. */
interface Slice extends Side {
  readonly records: number;
}

async function measure(directory: string, job: PortJob): Promise<PortFound> {
  const { load, senders, threads, sliceMs, rounds } = job;
  const open = async (name: string, isPorts: boolean) => {
    const path = join(directory, name);
    mkdirSync(path);
    const codec = isPorts ? undefined : codecOf(load);
    const policy = parsePolicy(job.policy);
    return await Wal.open(path, { policy, codec: codec as never, warn() {} });
  };
  const one = await open("one", false);
  const shared = await open("ports", true);
  const workers = Array.from(
    { length: threads },
    () => new Thread(shared, job),
  );
  const sides = {
    one: () => slice(one, () => send(one as never, load, senders, sliceMs)),
    ports: () =>
      slice(shared, async () => {
        const order = { senders: senders / threads, sliceMs };
        const sent = await Promise.all(workers.map((one) => one.send(order)));
        return {
          records: sent.reduce((sum, { records }) => sum + records, 0),
          latencies: sent.flatMap(({ latencies }) => latencies),
        };
      }),
  };
  const found: { one: Slice[]; ports: Slice[] } = { one: [], ports: [] };
  const echoes: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const names = ["one", "ports"] as const;
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const side = await sides[name]();
      if (round >= 0) found[name].push(side);
    }
  }
  for (let nth = 0; nth < ECHOES; nth++) {
    const startedAt = performance.now();
    await Promise.all(workers.map((worker) => worker.echo()));
    echoes.push((performance.now() - startedAt) * 1000);
  }
  for (const worker of workers) await worker.end();
  for (const wal of [one, shared]) await wal.close();
  const ratios = found.ports.map(({ recordsPerSecond }, round) =>
    recordsPerSecond / found.one[round].recordsPerSecond
  );
  return {
    one: medianOf(found.one),
    ports: medianOf(found.ports),
    ratio: median(ratios),
    echoUs: median(echoes),
    ratios: [Math.min(...ratios), Math.max(...ratios)],
  };
}

/** Measures what is done to a log, and drops it then. */
async function slice(wal: Wal, act: () => Promise<Sent>): Promise<Slice> {
  const { flushes } = wal.stats();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const { records, latencies } = await act();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const count = wal.stats().flushes.count - flushes.count;
  await wal.truncateBefore(wal.durableLsn + 1);
  return {
    records,
    recordsPerSecond: records / seconds,
    recordsPerFlush: records / count,
    flushesPerSecond: count / seconds,
    cores: (user + system) / 1e6 / seconds,
    latencyMs: median(latencies),
  };
}

function medianOf(slices: readonly Slice[]): Side {
  const of = (name: keyof Side) => median(slices.map((slice) => slice[name]));
  return {
    recordsPerSecond: of("recordsPerSecond"),
    recordsPerFlush: of("recordsPerFlush"),
    flushesPerSecond: of("flushesPerSecond"),
    cores: of("cores"),
    latencyMs: of("latencyMs"),
  };
}

/** In a thread: sends as ordered. */
function work(): void {
  parentPort!.once("message", ({ port, load }) => {
    const codec = codecOf(load) as never;
    const log = new WalPort(port, { codec });
    parentPort!.on("message", async (message: Order | "echo") => {
      if (message === "echo") {
        setImmediate(() => parentPort!.postMessage(message));
        return;
      }
      const { senders, sliceMs } = message;
      const sent = await send(log as never, load, senders, sliceMs);
      parentPort!.postMessage(sent);
    });
  });
}

if (isMainThread) {
  await answerJob<PortJob>(({ directory, ...job }) => measure(directory, job));
} else work();
