import { crc32 } from "../storage/format/mod.ts";
import type { BatchSource, RecordBatch } from "../storage/frame_log.ts";

/** What each record is recognized by, in order: so little that all fit in memory. */
async function digestsOf(batches: BatchSource): Promise<string[]> {
  const found: string[] = [];
  try {
    for (;;) {
      const { value, done } = await batches.next();
      if (done) return found;
      const { records, lost = 0 } = value as RecordBatch;
      for (const record of records) {
        found.push(`${record.length} ${crc32(record)}`);
      }
      found.push(...Array(lost).fill("lost"));
    }
  } finally {
    await batches.return?.(undefined);
  }
}

/**
 * LSN of the first record that differs between two logs, if any does; `from` is
 * that of the first one of both.
 */
export async function firstDifference(
  from: number,
  one: BatchSource,
  other: BatchSource,
): Promise<number | undefined> {
  const [ones, others] = [await digestsOf(one), await digestsOf(other)];
  const count = Math.max(ones.length, others.length);
  for (let index = 0; index < count; index++) {
    if (ones[index] !== others[index]) return from + index;
  }
  return undefined;
}
