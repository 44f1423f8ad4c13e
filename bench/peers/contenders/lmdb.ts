import type { Buffer } from "node:buffer";
import { join } from "node:path";
import { loadPackage } from "../../packages.ts";
import type { Contender } from "../contender.ts";

interface Lmdb {
  open(path: string, options: Record<string, unknown>): Database;
}

interface Database {
  readonly flushed: Promise<unknown>;
  put(key: number, value: Buffer, options?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Puts go through its own group commit. In each case, `overlappingSync: false`
 * was at least as fast as the default with `flushed` awaited.
 */
export const lmdb: Contender = {
  name: "lmdb",
  how: "async put, overlappingSync: false: its promise awaits the sync",
  packages: ["lmdb"],
  kinds: ["callers", "batches"],
  open(directory) {
    const database = loadPackage<Lmdb>("lmdb").open(join(directory, "lmdb"), {
      overlappingSync: false,
      encoding: "binary",
      keyEncoding: "uint32",
    });
    let key = 0;
    return {
      append: (record) => database.put(key++, record, { append: true }),
      appendAll(records) {
        let last: Promise<unknown> | undefined;
        for (const record of records) {
          last = database.put(key++, record, { append: true });
        }
        return last;
      },
      close: () => database.close(),
    };
  },
};
