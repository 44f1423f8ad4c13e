import { invariant } from "../invariant.ts";
import {
  CompactedError,
  type RecordBatch,
  TruncatedError,
} from "../storage/frame_log.ts";
import type { LogSource } from "./log_source.ts";

/** Memory that a chunk may take; it may be one frame that is larger. */
const CHUNK_BYTES = 1024 * 1024;

/** Memory of frames that are read in vain before it asks for fewer records. */
const WASTED_BYTES = 4 * CHUNK_BYTES;

/** Records in the first chunk, and in any. */
const FIRST_RECORDS = 64;
const MOST_RECORDS = 16_384;

/** A batch and the memory that it keeps, unless the next one keeps it too. */
interface Kept {
  readonly batch: RecordBatch;
  readonly buffer: ArrayBuffer | undefined;
}

/**
 * The records `to` down to `from`: batches whose records come last one first,
 * and whose `firstLsn` is that of the last one.
 *
 * Frames can only be found from their start, so it reads chunks forwards, the
 * last one first. It adapts their size to how much memory records take.
 */
export async function* reverseBatches(
  log: LogSource,
  from: number,
  to: number,
  atOnce: number = FIRST_RECORDS,
): AsyncGenerator<RecordBatch, undefined> {
  const { cuts } = log;
  let size = atOnce;
  for (let last = to; last >= from;) {
    const chunk = await readChunk(log, Math.max(from, last - size + 1), last)
      .catch((error) => {
        // What was cut off may look damaged.
        requireUncut(log, cuts, last);
        throw error;
      });
    const { kept } = chunk;
    size = Math.min(MOST_RECORDS, sizeAfter(chunk, size, last));
    for (let next = kept.pop(); next !== undefined; next = kept.pop()) {
      const { firstLsn, records, time } = next.batch;
      requireUncut(log, cuts, last);
      if (firstLsn < log.firstLsn) {
        throw new CompactedError(firstLsn, log.firstLsn);
      }
      if (records.length > 0) {
        yield { firstLsn: last, records: [...records].reverse(), time };
      }
      last = firstLsn - 1;
    }
  }
}

/** How many records to ask for next. */
function sizeAfter(
  { kept, bytes, wastedBytes }: Chunk,
  size: number,
  last: number,
): number {
  if (kept.length === 0) return Math.max(1, Math.floor(size / 4));
  if (wastedBytes > 0) return last - kept[0].batch.firstLsn + 1;
  // A frame is in memory as a whole, whatever is asked of it.
  const isOne = kept[0].buffer === kept[kept.length - 1].buffer;
  return isOne || 2 * bytes <= CHUNK_BYTES ? 2 * size : size;
}

/** What was read at once. */
interface Chunk {
  readonly kept: Kept[];
  /** Memory that those take. */
  readonly bytes: number;
  /** Memory of those that were read in vain. */
  readonly wastedBytes: number;
}

/**
 * The last batches of the records `from` to `to`, as many as memory allows; none
 * if far too much would have to be read for them.
 */
async function readChunk(
  log: LogSource,
  from: number,
  to: number,
): Promise<Chunk> {
  const kept: Kept[] = [];
  let bytes = 0;
  let wastedBytes = 0;
  const batches = log.read(from, to);
  try {
    while (true) {
      const { done, value } = await batches.next();
      if (done) break;
      const batch: RecordBatch = value;
      const buffer = batch.records.at(0)?.buffer;
      if (buffer !== kept.at(-1)?.buffer) bytes += buffer?.byteLength ?? 0;
      kept.push({ batch, buffer });
      while (bytes > CHUNK_BYTES && kept[0].buffer !== buffer) {
        const { buffer: dropped } = kept.shift()!;
        if (dropped === kept[0].buffer) continue;
        bytes -= dropped?.byteLength ?? 0;
        wastedBytes += dropped?.byteLength ?? 0;
      }
      const lastLsn = batch.firstLsn + (batch.lost ?? batch.records.length) - 1;
      if (wastedBytes > WASTED_BYTES && lastLsn < to) {
        return { kept: [], bytes, wastedBytes };
      }
    }
    invariant(kept.length > 0, "a read that finds no record");
    return { kept, bytes, wastedBytes };
  } finally {
    await batches.return?.(undefined);
  }
}

function requireUncut(log: LogSource, cuts: number, lsn: number): void {
  if (log.cuts === cuts) return;
  const lowest = log.lowestSince(cuts);
  if (lowest < lsn) throw new TruncatedError(lowest + 1, lowest);
}
