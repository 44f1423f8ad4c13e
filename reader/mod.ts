/**
 * Reading a log: by LSN, by time, from the end, and as it grows; for a program
 * that only reads and does not need the writer.
 *
 * @module
 */
export type { FollowedBatch, FollowedRecord } from "./follow.ts";
export type { FollowOptions } from "./following.ts";
export { LogView } from "./log_view.ts";
export type { Cursor, CursorOptions, NextOptions } from "./cursors/cursor.ts";
export { CursorMovedError, ForeignCursorError } from "./cursors/cursor_file.ts";
export type { HoldOptions } from "./cursors/hold_back.ts";
export type { ReaderLevel } from "./observed_log.ts";
export type { ReadBatchesOptions, ReadOptions } from "./reads.ts";
export type { LogIterator } from "./serial_generator.ts";
export * from "./wal_reader.ts";
