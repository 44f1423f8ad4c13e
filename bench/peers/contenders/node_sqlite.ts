import type { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Contender } from "../contender.ts";
import { HandGroup } from "../hand_group.ts";

interface Sqlite {
  DatabaseSync: new (path: string) => Database;
}

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { run(data: Buffer): unknown };
  close(): void;
}

/** A variable, so that no bundler looks for what Node 20 has not. */
const MODULE = "node:sqlite";

/** The runtime's own SQLite, with transactions made by hand. */
export const nodeSqlite: Contender = {
  name: "node:sqlite, grouped",
  how: "WAL, synchronous = FULL, transactions grouped by hand",
  kinds: ["callers", "batches"],
  async open(directory) {
    const { DatabaseSync }: Sqlite = await import(MODULE);
    const database = new DatabaseSync(join(directory, "sqlite.db"));
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("CREATE TABLE log (lsn INTEGER PRIMARY KEY, data BLOB)");
    const insert = database.prepare("INSERT INTO log (data) VALUES (?)");
    const appendAll = (records: readonly Buffer[]) => {
      database.exec("BEGIN");
      for (const record of records) insert.run(record);
      database.exec("COMMIT");
    };
    const group = new HandGroup(appendAll);
    return {
      append: (record) => group.append(record),
      appendAll,
      close: () => database.close(),
    };
  },
};
