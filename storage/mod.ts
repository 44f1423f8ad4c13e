/**
 * Storage adapters, the two seams that they stand behind, and their errors.
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
export * from "./compacted_error.ts";
export * from "./corrupt_log_error.ts";
export * from "./deno_storage.ts";
export * from "./directory_storage.ts";
export { FencedError } from "./fenced_error.ts";
export * from "./foreign_file_error.ts";
export * from "./format_version_error.ts";
export * from "./frame_log.ts";
export * from "./kernel_lock.ts";
export * from "./log_locked_error.ts";
export type { Choose } from "./_seeded.ts";
export type { CallEffect, OnCall, StorageCall } from "./memory_file.ts";
export * from "./memory_storage.ts";
export * from "./memory_storage_options.ts";
export * from "./file_storage_options.ts";
export * from "./node_storage.ts";
export * from "./storage.ts";
export * from "./storage_error.ts";
export { StorageFullError } from "./storage_full_error.ts";
