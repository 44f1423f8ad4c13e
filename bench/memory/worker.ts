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
  readonly way: "enqueue" | "append" | "nothing";
  readonly records: number;
  /** Records that are queued first and not counted. */
  readonly warmRecords: number;
}

/** What was found. */
export interface MemoryFound {
  /** Heap bytes allocated per record in the call, median of the chunks. */
  readonly allocated: number;
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
  const record = new Uint8Array(100).fill(7);
  const heap = () => process.memoryUsage().heapUsed;
  async function chunk(): Promise<number> {
    let lsn = 0;
    const acks: Promise<number>[] = [];
    const before = heap();
    for (let index = 0; index < CHUNK; index++) {
      if (way === "enqueue") lsn = wal.enqueue(record);
      if (way === "append") acks.push(wal.append(record));
    }
    const grown = heap() - before;
    if (way === "enqueue") await wal.settled(lsn);
    else await Promise.all(acks);
    return grown;
  }
  for (let warm = 0; warm < warmRecords; warm += CHUNK) await chunk();
  collect();
  const usedBefore = process.memoryUsage();
  const grown = new Float64Array(Math.ceil(records / CHUNK));
  for (let index = 0; index < grown.length; index++) {
    grown[index] = await chunk();
  }
  collect();
  const used = process.memoryUsage();
  return {
    allocated: median([...grown]) / CHUNK,
    retained: (used.heapUsed - usedBefore.heapUsed) / records,
    retainedBuffers: used.arrayBuffers - usedBefore.arrayBuffers -
      grown.byteLength,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
});
