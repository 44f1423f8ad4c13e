import type { Buffer } from "node:buffer";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import type { Contender, Store } from "../contender.ts";

/**
 * The library with its defaults, and without a promise for each record; both
 * also with checkpoints, which drop old records, as a database would.
 */
export const synclines: readonly Contender[] = [
  {
    name: "Syncline",
    how: "defaults: append; appendBatch for batches",
    kinds: ["callers", "batches"],
    open: (directory) => open(directory, appendBatch, () => {}),
  },
  {
    name: "Syncline, checkpoints",
    how: "the same, with truncateBefore every 16 MB: files are reused",
    kinds: ["callers", "batches"],
    open: (directory) => open(directory, appendBatch, checkpoint),
  },
  {
    name: "Syncline enqueue",
    how: "defaults: enqueue each record, await settled once a batch",
    kinds: ["batches"],
    open: (directory) => open(directory, enqueueAll, () => {}),
  },
  {
    name: "Syncline enqueue, checkpoints",
    how: "both of these",
    kinds: ["batches"],
    open: (directory) => open(directory, enqueueAll, checkpoint),
  },
];

const CHECKPOINT_BYTES = 16e6;
/** More than the queue can hold, so everything before these is written. */
const KEPT_RECORDS = 10_000;

type Records = readonly Buffer[];

function appendBatch(wal: Wal, records: Records): unknown {
  return wal.appendBatch(records);
}

function enqueueAll(wal: Wal, records: Records): unknown {
  let lsn = 0;
  for (const record of records) lsn = wal.enqueue(record);
  return wal.settled(lsn);
}

/** A failure ends the process: nothing catches it. */
function checkpoint(wal: Wal, appended: number): void {
  if (appended > KEPT_RECORDS) wal.truncateBefore(appended - KEPT_RECORDS);
}

async function open(
  directory: string,
  appendAll: (wal: Wal, records: Records) => unknown,
  checkpoint: (wal: Wal, appended: number) => void,
): Promise<Store> {
  const wal = await Wal.open(join(directory, "log"));
  let appended = 0;
  let bytes = 0;
  function count(records: number, recordBytes: number): void {
    appended += records;
    bytes += records * recordBytes;
    if (bytes < CHECKPOINT_BYTES) return;
    checkpoint(wal, appended);
    bytes = 0;
  }
  return {
    append(record) {
      count(1, record.length);
      return wal.append(record);
    },
    appendAll(records) {
      count(records.length, records[0].length);
      return appendAll(wal, records);
    },
    close: () => wal.close(),
  };
}
