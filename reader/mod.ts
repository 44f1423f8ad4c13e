/**
 * Reading a log: by LSN, by time, from the end, and as it grows; for a program
 * that only reads and does not need the writer.
 *
 * @module
 */
export type { LogSource } from "./log_source.ts";
export { LogView } from "./log_view.ts";
export type { ReaderLevel } from "./observed_log.ts";
export type { ReadOptions } from "./reads.ts";
export * from "./wal_reader.ts";
