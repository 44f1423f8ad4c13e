/**
 * Storages: where a log keeps its files. {@linkcode DenoStorage} and
 * {@linkcode NodeStorage} are directories, and `Wal.open` makes one of them of a
 * path. {@linkcode MemoryStorage} is for tests: it can fail, be killed, and lose
 * power.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const storage = new MemoryStorage();
 * const wal = await Wal.open(storage);
 * await wal.append("acknowledged at disk");
 * await wal.append("acknowledged at os", { ack: "os" });
 *
 * // What a disk may hold if power is lost now: nothing that is not synced.
 * const survivor = await Wal.open(storage.crash(() => 0));
 * assert.equal(survivor.lastLsn, 1);
 * await survivor.close();
 * await wal.close();
 * ```
 *
 * - {@linkcode MemoryStorage}, with {@linkcode MemoryStorageOptions} for faults.
 * - {@linkcode FileStorageOptions}: where the syncs of a directory run, on the
 *   event loop or on another thread, and the permissions of its files.
 * - {@linkcode Storage} and {@linkcode StorageFile}: the interface of a directory,
 *   to write your own. {@linkcode FrameLog} is the other seam, for engines that
 *   are not made of files.
 * - {@linkcode StorageFullError}, {@linkcode StorageError},
 *   {@linkcode CorruptLogError}, {@linkcode LogLockedError}: what goes wrong here.
 *
 * **Limits.** A directory needs hard links and a device that syncs when asked. A
 * `MemoryStorage` is gone with its process, and what it does not model is listed
 * in its source.
 *
 * **Read next:** [Durability](https://github.com/syncline/wal/blob/main/docs/durability.md),
 * [Writing a storage adapter](https://github.com/syncline/wal/blob/main/docs/storage-adapters.md), and
 * [Format](https://github.com/syncline/wal/blob/main/docs/format.md).
 *
 * @module
 */
export { CorruptLogError } from "./corrupt_log_error.ts";
export type { CursorEntry, CursorStore } from "./cursor_store.ts";
export * from "./frame_log.ts";
export * from "./log_engine.ts";
export {
  type LockOptions,
  LogLockedError,
  type MaybePromise,
  type OpenMode,
  type Storage,
  type StorageFile,
  type StorageLock,
  type StorageSpace,
  type ThreadOptions,
} from "./storage.ts";
export {
  type FrameOutcome,
  type FrameTarget,
  type FrameTask,
  type FrameThread,
  type HandedFrame,
  STAGE,
  type Stage,
} from "./thread/frame_thread.ts";
export type { FrameHeader } from "./format/frame.ts";
export type { OnStage } from "./memory/memory_thread.ts";
export { NoDirectoryError } from "./no_directory_error.ts";
export { StorageError, StorageFullError } from "./storage_error.ts";
export * from "./directory/deno_storage.ts";
export { DirectoryStorage } from "./directory/directory_storage.ts";
export type {
  FileStorageOptions,
  SyncRouting,
} from "./directory/sync_routing.ts";
export type { HeldKernelLock, KernelLock } from "./directory/lock_owner.ts";
export * from "./directory/node_storage.ts";
export { FormatVersionError } from "./format/envelope.ts";
export type { LogMeta } from "./format/log_meta.ts";
export type { RecordList } from "./format/records.ts";
export type { CallEffect, OnCall, StorageCall } from "./memory/memory_file.ts";
export * from "./memory/memory_storage.ts";
export type { Choose } from "../random.ts";
