/**
 * Storage adapters, the two seams between log and storage, and their errors.
 *
 * @example
 * ```ts
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new MemoryStorage().list(), []);
 * ```
 *
 * @module
 */
export { CorruptLogError } from "./corrupt_log_error.ts";
export * from "./frame_log.ts";
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
