import { writeSync } from "node:fs";
import process from "node:process";
import {
  isMainThread,
  type MessagePort,
  parentPort,
  Worker,
  workerData,
} from "node:worker_threads";
import { type AnyPort, openPort, WalPort } from "../../../../port/mod.ts";
import { countPorts } from "../../../../port/open_port.ts";
import { AgePolicy } from "../../../../policies/age_policy.ts";
import { MemoryStorage } from "../../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../../wal.ts";
import { generator } from "../record_content.ts";
import { appendByPort, type PortedOrders, textOf } from "./ported_writer.ts";

/*
 * A process whose threads append to one log by ports. It reports in one line of
 * JSON, and then has nothing left to do: it must end by itself.
 */

/** What it was told to do: to terminate so many threads. */
export interface PortThreadsOrders {
  readonly directory: string;
  readonly seed: number;
  readonly terminations: number;
}

/** What it saw. */
export interface PortThreadsReport {
  /** Records that were read after the log was opened again. */
  readonly records: number;
  /** Records that terminated threads knew to be durable. */
  readonly acked: number;
  /** Threads of which all acknowledged records were found, and more. */
  readonly writers: number;
  /** What is wrong: nothing, it is hoped. */
  readonly problems: readonly string[];
  /** Ports that the log still had after all threads were terminated. */
  readonly portsLeft: number;
  /** What a thread got that had nothing to do but wait for an append. */
  readonly waited: unknown;
  /** Whether a thread with an idle port ended. */
  readonly idleEnded: boolean;
  /** The error of a call whose log ended with its thread. */
  readonly orphaned: string;
  /** The same by a web worker; absent where there is none. */
  readonly byWebWorker?: unknown;
}

/** Threads at a time. */
const THREADS = 4;

const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms));

async function run(orders: PortThreadsOrders): Promise<PortThreadsReport> {
  const died = await terminateMany(orders);
  const wal = await Wal.open(new MemoryStorage(), {
    policy: new AgePolicy({ ms: 30 }),
  });
  const waited = await answerOf(startThread("wait", openPort(wal)));
  const idle = startThread("idle", openPort(wal));
  let idleEnded = false;
  // Before its answer: both may come in one turn.
  idle.once("exit", () => idleEnded = true);
  await answerOf(idle);
  for (let wait = 0; wait < 500 && !idleEnded; wait++) await sleep(10);
  const orphaned = await orphan();
  const byWebWorker = await useWebWorker(openPort(wal));
  // Neither the log nor this port is closed: that must not keep it alive.
  const port = new WalPort(openPort(wal));
  await port.append("last");
  return {
    ...{ ...died, waited, idleEnded, orphaned },
    ...(byWebWorker !== undefined && { byWebWorker }),
  };
}

/** Terminates threads at random instants, and looks at what they leave. */
async function terminateMany(
  { directory, seed, terminations }: PortThreadsOrders,
) {
  const next = generator(seed);
  const wal = await Wal.open(directory);
  const shared = new SharedArrayBuffer(4 * (terminations + THREADS + 1));
  const acked = new Int32Array(shared);
  let writers = 0;
  const begin = () => {
    const port = openPort<MessagePort>(wal);
    const writer = ++writers;
    const orders: PortedOrders = { port, writer, seed: next(), acked };
    return { writer, thread: startThread("write", port, orders) };
  };
  const living = Array.from({ length: THREADS }, begin);
  for (let ended = 0; ended < terminations; ended++) {
    const index = next() % THREADS;
    const { writer, thread } = living[index];
    // Mostly one that has begun, but not always.
    const patience = next() % 8 > 0 ? 1000 : 0;
    for (let ms = 0; ms < patience && acked[writer] === 0; ms++) await sleep(1);
    await sleep(next() % 4);
    await thread.terminate();
    living[index] = begin();
  }
  await Promise.all(living.map(({ thread }) => thread.terminate()));
  const told = [...acked];
  // Bun keeps a port that its thread did not take before it was terminated.
  const unused = told.slice(1, writers + 1).filter((acked) => acked === 0);
  const most = "Bun" in globalThis ? unused.length : 0;
  const portsOfDead = () => Math.max(0, countPorts(wal) - most);
  for (let wait = 0; wait < 500 && portsOfDead() > 0; wait++) await sleep(10);
  const portsLeft = portsOfDead();
  await wal.close();
  return { ...await check(directory, told), portsLeft };
}

/** Reads the log again, and compares it with what was acknowledged. */
async function check(directory: string, told: readonly number[]) {
  const wal = await Wal.open(directory);
  const problems: string[] = [];
  const found = told.map(() => 0);
  const batchEnds = told.map(() => 0);
  for await (const { data } of wal.read()) {
    const text = new TextDecoder().decode(data);
    const [writer, nth, last] = text.split(":").map(Number);
    const isExpected = nth === found[writer] + 1 &&
      text === textOf(writer, nth, last);
    if (!isExpected) problems.push(`${text} after ${found[writer]}`);
    found[writer] = nth;
    batchEnds[writer] = last;
  }
  for (const [writer, acked] of told.entries()) {
    if (found[writer] < acked) {
      problems.push(`${writer}: ${found[writer]} of ${acked} acknowledged`);
    }
    if (found[writer] !== batchEnds[writer]) {
      problems.push(`${writer}: a part of a batch, to ${found[writer]}`);
    }
  }
  const records = wal.lastLsn;
  await wal.close();
  return {
    records,
    acked: told.reduce((sum, acked) => sum + acked, 0),
    writers: told.filter((acked) => acked > 0).length,
    problems: problems.slice(0, 10),
  };
}

/** Starts a thread: this file again, or a text that imports it. */
function startThread(act: Act, port: AnyPort, orders = {}): Worker {
  const settings = {
    workerData: { act, module: import.meta.url, orders: { port, ...orders } },
    transferList: [port as MessagePort],
  };
  const text = 'import(require("node:worker_threads").workerData.module)';
  return act === "write"
    ? new Worker(new URL(import.meta.url), settings)
    : new Worker(text, { ...settings, eval: true });
}

function answerOf(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}

/** Waits for a log whose thread is terminated meanwhile. */
async function orphan(): Promise<string> {
  const { port1, port2 } = new MessageChannel();
  const thread = startThread("own", port1 as AnyPort);
  const port = await new Promise<AnyPort>((resolve) => {
    port2.onmessage = ({ data }) => resolve(data);
  });
  port2.close();
  const log = new WalPort(port);
  await log.append("first", { ack: "memory" });
  const waiting = log.append("second").catch((error) => error);
  await sleep(20);
  await thread.terminate();
  const { name, isCutOff } = await waiting;
  return `${name}, ${isCutOff}`;
}

async function useWebWorker(port: AnyPort): Promise<unknown> {
  const runtime = globalThis as { Deno?: unknown; Bun?: unknown };
  if (!runtime.Deno && !runtime.Bun) return undefined;
  const worker = new globalThis.Worker(import.meta.url, {
    type: "module",
  });
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
    worker.postMessage({ port }, [port as never]);
  });
  worker.terminate();
  return answer;
}

type Act = "write" | "wait" | "idle" | "own";

/** What a thread does; when it has nothing left to do, it ends. */
async function work(act: Act, orders: PortedOrders): Promise<void> {
  if (act === "write") return await appendByPort(orders);
  if (act === "own") return await ownLog(orders.port);
  const log = new WalPort(orders.port);
  parentPort!.postMessage(await log.append(act));
}

async function ownLog(port: AnyPort): Promise<void> {
  const policy = new AgePolicy({ ms: 60_000 });
  const wal = await Wal.open(new MemoryStorage(), { policy });
  const own = openPort<MessagePort>(wal);
  (port as MessagePort).postMessage(own, [own]);
  setInterval(() => {}, 1000);
}

// A web worker has no data; Deno takes it for the main thread. No `await` here:
// Node 20 dies of a thread that is terminated in one at the top of a module.
const isWeb = workerData?.act === undefined &&
  (!isMainThread || "WorkerGlobalScope" in globalThis);
if (isWeb) {
  const scope = globalThis as unknown as {
    onmessage: (event: { data: { port: AnyPort } }) => void;
    postMessage(message: unknown): void;
  };
  scope.onmessage = async ({ data }) => {
    const log = new WalPort(data.port);
    const texts: string[] = [];
    await log.appendBatch(["from", "the web"]);
    for await (const { data } of log.read()) {
      texts.push(new TextDecoder().decode(data));
    }
    scope.postMessage(texts);
  };
} else if (isMainThread) {
  void run(JSON.parse(process.argv[2])).then((report) => {
    writeSync(1, `${JSON.stringify(report)}\n`);
  });
} else void work(workerData.act, workerData.orders);
