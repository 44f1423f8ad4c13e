/**
 * The process that watches its heap while records are queued.
 *
 * @module
 */

import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Wal } from "../../wal.ts";
import { NullFrameLog } from "../process/null_frame_log.ts";
import { answerJob } from "../process/worker.ts";
import { median } from "../report/statistics.ts";

/** Few enough that no collection happens between two looks at the heap. */
const CHUNK = 500;

/** What to measure. */
export interface MemoryJob {
  readonly way: "enqueue" | "enqueue of strings" | "append" | "nothing";
  readonly records: number;
  /** Records that are queued first and not counted. */
  readonly warmRecords: number;
}

/** What was found. */
export interface MemoryFound {
  /** Heap bytes allocated per record in the call, median of the chunks. */
  readonly allocated: number;
  /** Time per record in the call, in ns, median of the chunks. */
  readonly callNs: number;
  /** Heap bytes per record that are left after a final collection. */
  readonly retained: number;
  /** Bytes outside the heap that are left, in total. */
  readonly retainedBuffers: number;
  /** Peak of the resident set, in bytes. */
  readonly peakBytes: number;
}

await answerJob<MemoryJob>(async (job): Promise<MemoryFound> => {
  const { way, records, warmRecords } = job;
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const wal = await Wal.open(new NullFrameLog());
  const bytes = new Uint8Array(100).fill(7);
  const record = way === "enqueue of strings" ? "x".repeat(100) : bytes;
  const heap = () => process.memoryUsage().heapUsed;
  /** Returns by how many bytes the heap grew, and how many ms it took. */
  async function chunk(): Promise<[number, number]> {
    let lsn = 0;
    const acks: Promise<number>[] = [];
    const before = heap();
    const began = performance.now();
    for (let index = 0; index < CHUNK; index++) {
      if (way.startsWith("enqueue")) lsn = wal.enqueue(record);
      if (way === "append") acks.push(wal.append(record));
    }
    const tookMs = performance.now() - began;
    const grown = heap() - before;
    if (lsn > 0) await wal.settled(lsn);
    else await Promise.all(acks);
    return [grown, tookMs];
  }
  for (let warm = 0; warm < warmRecords; warm += CHUNK) await chunk();
  collect();
  const usedBefore = process.memoryUsage();
  const grown = new Float64Array(Math.ceil(records / CHUNK));
  const tookMs = new Float64Array(grown.length);
  for (let index = 0; index < grown.length; index++) {
    [grown[index], tookMs[index]] = await chunk();
  }
  collect();
  const used = process.memoryUsage();
  return {
    allocated: median([...grown]) / CHUNK,
    callNs: median([...tookMs]) * 1e6 / CHUNK,
    retained: (used.heapUsed - usedBefore.heapUsed) / records,
    retainedBuffers: used.arrayBuffers - usedBefore.arrayBuffers -
      grown.byteLength - tookMs.byteLength,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
});
