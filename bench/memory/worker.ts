/**
 * The process in which the heap is watched while records are queued. Needs
 * `--expose-gc`.
 *
 * @module
 */

import process from "node:process";
import { Wal } from "../../wal.ts";
import { answer, readJob } from "../process/answer.ts";
import { NullFrameLog } from "../process/null_frame_log.ts";

/** Few enough that no collection comes between two looks. */
const CHUNK = 500;

/** What a worker is told. */
export interface MemoryJob {
  readonly way: "enqueue" | "append" | "nothing";
  readonly records: number;
}

/** What it answers. */
export interface MemoryFound {
  /** Heap bytes allocated per record in the call, the median of the chunks. */
  readonly allocated: number;
  /** Heap bytes still there per record when all was over and collected. */
  readonly retained: number;
  /** Bytes outside of the heap that are still there, in all. */
  readonly retainedBuffers: number;
  /** Peak of the resident set, in bytes. */
  readonly peakBytes: number;
}

declare const gc: () => void;

async function run({ way, records }: MemoryJob): Promise<MemoryFound> {
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
  for (let warm = 0; warm < 2000; warm++) await chunk();
  gc();
  const usedBefore = process.memoryUsage();
  const grown = new Float64Array(Math.ceil(records / CHUNK));
  for (let index = 0; index < grown.length; index++) {
    grown[index] = await chunk();
  }
  gc();
  const used = process.memoryUsage();
  grown.sort();
  return {
    allocated: grown[grown.length >> 1] / CHUNK,
    retained: (used.heapUsed - usedBefore.heapUsed) /
      records,
    retainedBuffers: used.arrayBuffers - usedBefore.arrayBuffers -
      grown.byteLength,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

answer(await run(readJob()));
