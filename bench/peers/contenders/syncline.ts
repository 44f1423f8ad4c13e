import type { Buffer } from "node:buffer";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import type { Contender, Store } from "../contender.ts";

/** This library as it is by default. */
export const syncline: Contender = {
  name: "Syncline",
  how: "defaults: append; appendBatch where batches are wanted",
  kinds: ["callers", "batches"],
  open: (directory) => open(directory, appendBatch, () => {}),
};

/** This library without a promise for each record. */
export const synclineEnqueue: Contender = {
  name: "Syncline enqueue",
  how: "defaults: enqueue each record, await one settled a batch",
  kinds: ["batches"],
  open: (directory) => open(directory, enqueueAll, () => {}),
};

/** A log that drops what a checkpoint has taken over, as a database does. */
export const synclineCheckpoints: Contender = {
  name: "Syncline, checkpoints",
  how: "the same, with truncateBefore every 16 MB: files are used again",
  kinds: ["callers", "batches"],
  open: (directory) => open(directory, appendBatch, checkpoint),
};

/** Both. */
export const synclineEnqueueCheckpoints: Contender = {
  name: "Syncline enqueue, checkpoints",
  how: "both of these",
  kinds: ["batches"],
  open: (directory) => open(directory, enqueueAll, checkpoint),
};

const CHECKPOINT_BYTES = 16e6;
/** More than may wait in the queue: what lies before is written. */
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

/** A failure ends the process: nobody catches it. */
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
