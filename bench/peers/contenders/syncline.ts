import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import type { Contender } from "../contender.ts";

/** This library as it is by default. */
export const syncline: Contender = {
  name: "Syncline",
  how: "defaults: append; appendBatch where batches are wanted",
  kinds: ["callers", "batches"],
  async open(directory) {
    const wal = await Wal.open(join(directory, "log"));
    return {
      append: (record) => wal.append(record),
      appendAll: (records) => wal.appendBatch(records),
      close: () => wal.close(),
    };
  },
};

/** This library without a promise for each record. */
export const synclineEnqueue: Contender = {
  name: "Syncline enqueue",
  how: "defaults: enqueue each record, await one settled a batch",
  kinds: ["batches"],
  async open(directory) {
    const wal = await Wal.open(join(directory, "log"));
    return {
      appendAll(records) {
        let lsn = 0;
        for (const record of records) lsn = wal.enqueue(record);
        return wal.settled(lsn);
      },
      close: () => wal.close(),
    };
  },
};
