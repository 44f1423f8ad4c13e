import type { OnCall } from "./memory_file.ts";

/**
 * Options of `MemoryStorage`.
 *
 * @example A device that fails
 * ```ts
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import { Wal } from "@syncline/wal";
 * import assert from "node:assert/strict";
 *
 * let failing = false;
 * const storage = new MemoryStorage({
 *   onCall: ({ operation }) =>
 *     failing && operation === "datasync" ? { error: "EIO" } : undefined,
 * });
 * const wal = await Wal.open(storage);
 * await wal.append("one");
 * failing = true;
 * await assert.rejects(wal.append("two"), { name: "LogFailedError" });
 * await wal.close();
 * ```
 */
export interface MemoryStorageOptions {
  /** Hears of each call before it happens, and may have it fail or be slow. */
  onCall?: OnCall | undefined;
  /**
   * What a crash may do to sizes and entries: `"posix"` (default), only what
   * the standard promises, or `"ext4"`, what its journal does.
   */
  fileSystem?: "posix" | "ext4" | undefined;
  /** What the device writes as a whole, in bytes: 512 (default) or 4096. */
  sectorBytes?: 512 | 4096 | undefined;
  /** Makes salts, and so all bytes, the same in each run. Default: random. */
  seed?: number | undefined;
}

/** Options of `MemoryStorage.kill`. */
export interface KillOptions {
  /** As in {@linkcode MemoryStorageOptions}. */
  onCall?: OnCall | undefined;
  /** The process died in the last write to `file`, `bytes` before its end. */
  cut?: { file: string; bytes: number } | undefined;
}
