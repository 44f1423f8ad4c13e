import type { BatchSource } from "../../storage/frame_log.ts";
import type { SharedLog } from "../../storage/s3/log/shared_log.ts";
import { SlotLookup } from "../../storage/s3/log/slot_lookup.ts";
import {
  type ReadableLog,
  SlotReads,
} from "../../storage/s3/log/slot_reads.ts";

/** What a test reads: the text of a record, or `undefined` if it is lost. */
export type ReadRecords = Map<number, string | undefined>;

/** Reads all batches; checks that no LSN is missing or comes twice. */
export async function readRecords(source: BatchSource): Promise<ReadRecords> {
  const found: ReadRecords = new Map();
  let nextLsn: number | undefined;
  for (;;) {
    const { value, done } = await source.next();
    if (done) return found;
    const { firstLsn, records, lost = 0 } = value;
    if (firstLsn !== (nextLsn ?? firstLsn)) {
      throw new Error(`read record ${firstLsn} instead of ${nextLsn}`);
    }
    nextLsn = firstLsn + records.length + lost;
    let lsn = firstLsn;
    for (const record of records) {
      found.set(lsn++, new TextDecoder().decode(record));
    }
    while (lsn < nextLsn) found.set(lsn++, undefined);
  }
}

/** A log that is read for the first time. */
export function readable(
  log: SharedLog,
  refresh: () => Promise<void> = () => Promise.resolve(),
): ReadableLog {
  return { log, lookup: new SlotLookup(log), refresh };
}

/** Reads records `from` to `to`, with nothing known before. */
export function readRange(
  log: SharedLog,
  from: number,
  to: number,
): Promise<ReadRecords> {
  return readRecords(new SlotReads(readable(log), from, to));
}
