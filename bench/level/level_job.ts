/** A database, and what is true when a write to it resolves. */
export interface Contender {
  readonly name: string;
  readonly survives: string;
}

/** The databases that are compared, by what a write survives. */
export const contenders = [
  { name: "durable-level, disk", survives: "power loss" },
  { name: "classic-level, sync: true", survives: "power loss" },
  { name: "durable-level, os", survives: "a kill" },
  { name: "classic-level, sync: false", survives: "a kill" },
  { name: "durable-level, memory", survives: "nothing" },
  { name: "memory-level", survives: "nothing" },
] as const satisfies readonly Contender[];

/** What the worker measures: one database. */
export interface LevelJob {
  readonly contender: (typeof contenders)[number]["name"];
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Number of different keys. */
  readonly keys: number;
}

/** Callers at the same time, of puts and gets. */
export const CALLERS = 64;

/** Callers at the same time, of batches. */
export const BATCH_CALLERS = 4;

/** Puts of a batch. */
export const BATCH_PUTS = 100;

/** Characters of a value. */
export const VALUE_CHARACTERS = 100;

/** What was found. */
export interface LevelFound {
  readonly putsPerSecond: number;
  /** Puts in batches. */
  readonly batchedPerSecond: number;
  readonly getsPerSecond: number;
  /** Entries passed by iterators over 100 of them each. */
  readonly iteratedPerSecond: number;
  /** Ms to open the database with all keys; null if it forgets them. */
  readonly openMs: number | null;
}
