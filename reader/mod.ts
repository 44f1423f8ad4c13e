/**
 * Reading a log in a program that does not write it: by LSN, by time, from the
 * end, and as it grows. A reader takes no lock and changes nothing, so any number
 * of them may look at a log that another process has open.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { WalReader } from "@syncline/wal/reader";
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 *
 * const directory = mkdtempSync("/tmp/wal-");
 * const wal = await Wal.open(directory); // in one process
 * await wal.append("history");
 *
 * const reader = await WalReader.open(directory); // in another one
 * const seen: string[] = [];
 * const following = (async () => {
 *   for await (const { data } of reader.follow()) {
 *     if (seen.push(new TextDecoder().decode(data)) === 2) break;
 *   }
 * })();
 * await wal.append("live");
 * await following;
 * assert.deepEqual(seen, ["history", "live"]);
 *
 * await reader.close();
 * await wal.close();
 * rmSync(directory, { recursive: true });
 * ```
 *
 * - {@linkcode WalReader} opens a log, with {@linkcode WalReaderOptions}.
 * - {@linkcode LogView} is what it has in common with a `Wal`: `get`, `read`,
 *   `last`, `lsnAt`, `follow`, `cursor` and `restore`.
 * - {@linkcode ReadOptions} and {@linkcode FollowOptions} say what is read.
 * - {@linkcode Cursor}: the place of a consumer, which survives its death.
 *
 * **Limits.** By default it shows what the log declares durable, which is a moment
 * after the append resolved. A checkpoint of the writer does not wait for readers:
 * they get a `CompactedError`. On network file systems it polls.
 *
 * **Read next:** [From another process](https://github.com/syncline/wal/blob/main/docs/reading.md#from-another-process),
 * and [Checkpoints](https://github.com/syncline/wal/blob/main/docs/checkpoints.md) for cursors.
 *
 * @module
 */
export type { FollowedBatch, FollowedRecord } from "./follow.ts";
export type { FollowOptions } from "./following.ts";
export { LogView } from "./log_view.ts";
export type { Cursor, CursorOptions, NextOptions } from "./cursors/cursor.ts";
export { CursorMovedError, ForeignCursorError } from "./cursors/cursor_file.ts";
export type { HoldOptions } from "./cursors/hold_back.ts";
export type { ReaderLevel } from "./log_source.ts";
export type { ReadBatchesOptions, ReadOptions } from "./reads.ts";
export type { LogIterator } from "./serial_generator.ts";
export { WalReader, type WalReaderOptions } from "./wal_reader.ts";
