import type { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { installPackages, loadPackage } from "../../packages.ts";
import type { RuntimeName } from "../../process/runtime.ts";
import { type Contender, HandGroup } from "../contender.ts";

const CREATE = "CREATE TABLE log (lsn INTEGER PRIMARY KEY, data BLOB)";
const INSERT = "INSERT INTO log (data) VALUES (?)";

interface Database {
  pragma(text: string): unknown;
  exec(sql: string): unknown;
  prepare(sql: string): { run(data: Buffer): unknown };
  transaction<A>(body: (argument: A) => void): (argument: A) => void;
  close(): void;
}

/** The folder of the package; Node 20 needs an older one, see packages.ts. */
export function sqliteFolder(runtime: RuntimeName): "." | "node20" {
  if (runtime === "deno") return ".";
  const version = "Deno" in globalThis
    ? spawnSync("node", ["--version"], { encoding: "utf8" }).stdout ?? ""
    : process.version;
  return parseInt(version.slice(1)) < 22 ? "node20" : ".";
}

function openDatabase(directory: string): Database {
  const Open = loadPackage<new (path: string) => Database>(
    "better-sqlite3",
    sqliteFolder("Deno" in globalThis ? "deno" : "node"),
  );
  const database = new Open(join(directory, "sqlite.db"));
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(CREATE);
  return database;
}

function missing(runtime: RuntimeName): string | undefined {
  return installPackages(sqliteFolder(runtime));
}

/** SQLite with one transaction for each record. */
export const betterSqlite3: Contender = {
  name: "better-sqlite3",
  how: "WAL, synchronous = FULL, a transaction for each record",
  packages: ["better-sqlite3"],
  kinds: ["callers"],
  missing,
  open(directory) {
    const database = openDatabase(directory);
    const insert = database.prepare(INSERT);
    return {
      append: (record) => void insert.run(record),
      close: () => database.close(),
    };
  },
};

/** SQLite with transactions grouped by hand. */
export const betterSqlite3Grouped: Contender = {
  name: "better-sqlite3, grouped",
  how: "WAL, synchronous = FULL, transactions grouped by hand",
  packages: ["better-sqlite3"],
  kinds: ["callers", "batches"],
  missing,
  open(directory) {
    const database = openDatabase(directory);
    const insert = database.prepare(INSERT);
    const appendAll = database.transaction((records: readonly Buffer[]) => {
      for (const record of records) insert.run(record);
    });
    const group = new HandGroup(appendAll);
    return {
      append: (record) => group.append(record),
      appendAll,
      close: () => database.close(),
    };
  },
};

interface Sqlite {
  DatabaseSync: new (path: string) => NodeDatabase;
}

interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): { run(data: Buffer): unknown };
  close(): void;
}

/** A variable, so that no bundler looks for a module that Node 20 lacks. */
const MODULE = "node:sqlite";

/** The runtime's built-in SQLite, with transactions grouped by hand. */
export const nodeSqlite: Contender = {
  name: "node:sqlite, grouped",
  how: "WAL, synchronous = FULL, transactions grouped by hand",
  kinds: ["callers", "batches"],
  async open(directory) {
    const { DatabaseSync }: Sqlite = await import(MODULE);
    const database = new DatabaseSync(join(directory, "sqlite.db"));
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec(CREATE);
    const insert = database.prepare(INSERT);
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
