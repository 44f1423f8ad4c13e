import { writeSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { Wal } from "../../../../wal.ts";

/*
 * A process whose worker threads open a log and are terminated. It reports each
 * opening, in one line of JSON at the end.
 */

/** How an opening went: the LSN of a record, or the error's message. */
export type Opening = number | string;

/** All openings, in order. */
export interface ThreadsReport {
  /** By the main thread while a worker has the log open. */
  whileOpen: Opening;
  /** By another worker, then. */
  byAnother: Opening;
  /** By the main thread after the worker was terminated. */
  afterEnd: Opening;
  /** By the main thread a second time. */
  second: Opening;
  /** By a new worker, while the main thread has the log open. */
  whileMain: Opening;
}

if (isMainThread) {
  writeSync(1, `${JSON.stringify(await run(process.argv[2]))}\n`);
  process.exit(0);
} else {
  parentPort!.once("message", async (directory: string) => {
    parentPort!.postMessage(await open(directory));
    setInterval(() => {}, 1000);
  });
}

async function run(directory: string): Promise<ThreadsReport> {
  const owner = await openInWorker(directory);
  const whileOpen = await open(directory);
  const other = await openInWorker(directory);
  await owner.worker.terminate();
  await other.worker.terminate();
  // A terminated thread may take a moment to end.
  let afterEnd = await open(directory);
  for (let tries = 0; typeof afterEnd === "string" && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    afterEnd = await open(directory);
  }
  const second = await open(directory);
  const { opening: whileMain, worker } = await openInWorker(directory);
  await worker.terminate();
  const byAnother = other.opening;
  return { whileOpen, byAnother, afterEnd, second, whileMain };
}

/** Leaves the log open. */
async function open(directory: string): Promise<Opening> {
  try {
    const wal = await Wal.open(directory);
    return await wal.append("record");
  } catch (error) {
    return (error as Error).message;
  }
}

async function openInWorker(
  directory: string,
): Promise<{ worker: Worker; opening: Opening }> {
  const worker = new Worker(fileURLToPath(import.meta.url));
  const opening = new Promise<Opening>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  worker.postMessage(directory);
  return { worker, opening: await opening };
}
