import { crc32 } from "../storage/format/mod.ts";
import type { BatchSource, RecordBatch } from "../storage/frame_log.ts";

/** How the records of two logs compare. */
export interface Comparison {
  /** LSN of the first one that differs; `undefined` if none does. */
  readonly lsn: number | undefined;
  /** Whether the last ones compared were written at the same time. */
  readonly isSameTime: boolean;
}

/** Compares the records of two logs from `from` on, one by one. */
export async function compareRecords(
  from: number,
  one: BatchSource,
  other: BatchSource,
): Promise<Comparison> {
  const [ones, others] = [digestsOf(one), digestsOf(other)];
  let isSameTime = true;
  try {
    for (let lsn = from;; lsn++) {
      const [mine, theirs] = [await ones.next(), await others.next()];
      if (mine.done && theirs.done) return { lsn: undefined, isSameTime };
      if (mine.value?.content !== theirs.value?.content) {
        return { lsn, isSameTime: false };
      }
      isSameTime = mine.value?.time === theirs.value?.time;
    }
  } finally {
    // Even if nothing was asked of it.
    await Promise.all([one.return?.(undefined), other.return?.(undefined)]);
  }
}

/** What each record is recognized by, and when it was written. */
async function* digestsOf(
  batches: BatchSource,
): AsyncGenerator<{ content: string; time: number }, undefined> {
  for (;;) {
    const { value, done } = await batches.next();
    if (done) return;
    const { records, lost = 0, time = 0 } = value as RecordBatch;
    for (const record of records) {
      yield { content: `${record.length} ${crc32(record)}`, time };
    }
    for (let hole = 0; hole < lost; hole++) yield { content: "lost", time };
  }
}
