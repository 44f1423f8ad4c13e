import type { MaybePromise, StorageFile } from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { fs } from "./builtins.ts";
import type { SyncRouting } from "./sync_routing.ts";

/** An open file of `node:fs`. */
export class NodeFile implements StorageFile {
  readonly #path: string;
  /** None once it is closed: its number may soon be another file's. */
  #descriptor: number;
  /** Absent if all syncs block. */
  readonly #routing: SyncRouting | undefined;

  /** Takes an open descriptor of the file at `path`. */
  constructor(path: string, descriptor: number, routing?: SyncRouting) {
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

  /** Its device and inode, as doubles. */
  identity(): string {
    try {
      const { dev, ino } = fs.fstatSync(this.#descriptor);
      return `${dev}:${ino}`;
    } catch (error) {
      throw StorageError.wrap("identify", this.#path, error);
    }
  }

  datasync(): MaybePromise<void> {
    const routing = this.#routing;
    if (routing === undefined) return this.datasyncSync();
    const startedAt = performance.now();
    if (routing.isThreaded) return this.#datasyncThreaded(startedAt, routing);
    this.datasyncSync();
    routing.observe(performance.now() - startedAt);
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
    const descriptor = this.#descriptor;
    this.#descriptor = -1;
    try {
      fs.closeSync(descriptor);
    } catch (error) {
      throw StorageError.wrap("close", this.#path, error);
    }
  }

  #datasyncThreaded(startedAt: number, routing: SyncRouting): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => {
        routing.observe(performance.now() - startedAt);
        if (error === null || error === undefined) resolve();
        else reject(StorageError.wrap("sync", this.#path, error));
      });
    });
  }
}
