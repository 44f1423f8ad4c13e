/**
 * Reading a log: by LSN, by time, from the end, and as it grows; for a program
 * that only reads and does not need the writer.
 *
 * @module
 */
export type { LogSource } from "./log_source.ts";
export { LogView } from "./log_view.ts";
export type { ReadOptions } from "./reads.ts";
export type { Cursor, CursorOptions, NextOptions } from "./cursors/cursor.ts";
export { CursorMovedError, ForeignCursorError } from "./cursors/cursor_file.ts";
export type { HoldOptions } from "./cursors/hold_back.ts";
