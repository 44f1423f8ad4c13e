import { invariant } from "../invariant.ts";
import type { BatchSource, RecordBatch } from "../storage/frame_log.ts";

/** The first batch of a read of one record, which it ends. */
export async function firstOf(batches: BatchSource): Promise<RecordBatch> {
  try {
    const { value, done } = await batches.next();
    invariant(!done, "a read that finds no record");
    return value as RecordBatch;
  } finally {
    await batches.return?.(undefined);
  }
}
