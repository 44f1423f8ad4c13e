import type { MaybePromise, OpenMode, StorageFile } from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { fs } from "./builtins.ts";
import {
  DirectoryStorage,
  type FileStorageOptions,
  SyncRouting,
} from "./directory_storage.ts";

/**
 * A directory accessed through `node:fs`: the default on Node and Bun; works on
 * Deno too.
 *
 * Acks at `disk` rest on `fdatasync` (on macOS, `F_FULLFSYNC`, through libuv).
 * Throws `TypeError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { NodeStorage } from "@syncline/wal/storage";
 * import { Wal } from "@syncline/wal";
 * import { mkdtempSync, rmSync } from "node:fs";
 *
 * const directory = mkdtempSync("/tmp/wal-");
 * const storage = new NodeStorage(directory, { io: "threaded" });
 * const wal = await Wal.open(storage);
 * await wal.append("durable");
 * await wal.close();
 * rmSync(directory, { recursive: true });
 * ```
 */
export class NodeStorage extends DirectoryStorage {
  readonly #routing: SyncRouting;

  /** Resolves the path, and touches nothing on disk. */
  constructor(directory: string | URL, options: FileStorageOptions = {}) {
    super(directory, options);
    this.#routing = new SyncRouting(options);
  }

  /** Opens a file in the directory. */
  override open(name: string, mode: OpenMode): StorageFile {
    const path = this.path(name);
    const isNew = mode === "create";
    const bits = isNew ? this.mode : undefined;
    const descriptor = this.attempt(isNew ? "create" : "open", path, () => {
      const descriptor = fs.openSync(path, FLAGS[mode], bits);
      if (bits !== undefined) fs.fchmodSync(descriptor, bits);
      return descriptor;
    });
    return new NodeFile(path, descriptor, this.#routing);
  }
}

const FLAGS = { create: "wx+", read: "r", write: "r+" };

class NodeFile implements StorageFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #routing: SyncRouting;

  constructor(path: string, descriptor: number, routing: SyncRouting) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#routing = routing;
  }

  write(bytes: Uint8Array, offset: number): number {
    try {
      return fs.writeSync(this.#descriptor, bytes, 0, bytes.length, offset);
    } catch (error) {
      throw StorageError.wrap("write to", this.#path, error);
    }
  }

  read(into: Uint8Array, offset: number): number {
    try {
      return fs.readSync(this.#descriptor, into, 0, into.length, offset);
    } catch (error) {
      throw StorageError.wrap("read", this.#path, error);
    }
  }

  size(): number {
    try {
      return fs.fstatSync(this.#descriptor).size;
    } catch (error) {
      throw StorageError.wrap("get the size of", this.#path, error);
    }
  }

  links(): number {
    try {
      return fs.fstatSync(this.#descriptor).nlink;
    } catch (error) {
      throw StorageError.wrap("count the links of", this.#path, error);
    }
  }

  datasync(): MaybePromise<void> {
    const startedAt = performance.now();
    if (this.#routing.isThreaded) return this.#datasyncThreaded(startedAt);
    this.datasyncSync();
    this.#routing.observe(performance.now() - startedAt);
  }

  datasyncSync(): void {
    try {
      fs.fdatasyncSync(this.#descriptor);
    } catch (error) {
      throw StorageError.wrap("sync", this.#path, error);
    }
  }

  truncate(size: number): void {
    try {
      fs.ftruncateSync(this.#descriptor, size);
    } catch (error) {
      throw StorageError.wrap("truncate", this.#path, error);
    }
  }

  close(): void {
    try {
      fs.closeSync(this.#descriptor);
    } catch (error) {
      throw StorageError.wrap("close", this.#path, error);
    }
  }

  #datasyncThreaded(startedAt: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => {
        this.#routing.observe(performance.now() - startedAt);
        if (error === null || error === undefined) resolve();
        else reject(StorageError.wrap("sync", this.#path, error));
      });
    });
  }
}
