import type { MaybePromise, OpenMode, StorageFile } from "../storage.ts";
import { StorageError } from "../storage_error.ts";
import { DirectoryStorage } from "./directory_storage.ts";
import type { KernelLock } from "./lock_owner.ts";
import type { FileStorageOptions, SyncRouting } from "./sync_routing.ts";

/**
 * A directory accessed through Deno's file API: the default on Deno.
 *
 * Acks at `disk` rest on `FsFile.syncData`, which is `fdatasync`. Needs
 * `--allow-read` and `--allow-write` for the directory, and `--allow-read` for
 * its parent if the directory does not exist. Throws `TypeError` if an option
 * is invalid.
 *
 * @example
 * ```ts
 * import { DenoStorage } from "@syncline/wal/storage";
 * import { Wal } from "@syncline/wal";
 *
 * const directory = await Deno.makeTempDir();
 * const wal = await Wal.open(new DenoStorage(directory));
 * await wal.append("durable");
 * await wal.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class DenoStorage extends DirectoryStorage {
  /** Resolves the path, and touches nothing on disk. */
  constructor(directory: string | URL, options: FileStorageOptions = {}) {
    super(directory, options, flock);
  }

  /** Opens a file in the directory. */
  override open(name: string, mode: OpenMode): StorageFile {
    const path = this.path(name);
    const createNew = mode === "create";
    const bits = this.mode;
    const options = { read: true, write: mode !== "read", createNew };
    const file = this.attempt(createNew ? "create" : "open", path, () => {
      if (!createNew || bits === undefined) return Deno.openSync(path, options);
      const file = Deno.openSync(path, { ...options, mode: bits });
      Deno.chmodSync(path, bits);
      return file;
    });
    return new DenoFile(path, file, this.routing);
  }
}

/** The kernel frees it with the process, whatever the permissions are. */
const flock: KernelLock = {
  hold(path) {
    const file = Deno.openSync(path, { read: true, write: true });
    try {
      file.tryLockSync(true);
    } catch {
      // Some network file systems have no such locks: nobody can ask there.
    }
    return {
      stat(path) {
        const { dev, ino } = Deno.statSync(path);
        return ino === null ? undefined : { dev, ino };
      },
      free: () => file.close(),
    };
  },
  state(path) {
    try {
      const file = Deno.openSync(path, { read: true, write: true });
      try {
        return file.tryLockSync(false) ? "free" : "held";
      } finally {
        file.close();
      }
    } catch {
      return "unknown";
    }
  },
};

/** Deno has no positioned reads or writes, so this tracks the position. */
class DenoFile implements StorageFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #routing: SyncRouting;
  #position = 0;

  constructor(path: string, file: Deno.FsFile, routing: SyncRouting) {
    this.#path = path;
    this.#file = file;
    this.#routing = routing;
  }

  write(bytes: Uint8Array, offset: number): number {
    try {
      this.#seek(offset);
      const written = this.#file.writeSync(bytes);
      this.#position += written;
      return written;
    } catch (error) {
      throw StorageError.wrap("write to", this.#path, error);
    }
  }

  read(into: Uint8Array, offset: number): number {
    try {
      this.#seek(offset);
      const read = this.#file.readSync(into) ?? 0;
      this.#position += read;
      return read;
    } catch (error) {
      throw StorageError.wrap("read", this.#path, error);
    }
  }

  size(): number {
    try {
      return this.#file.statSync().size;
    } catch (error) {
      throw StorageError.wrap("get the size of", this.#path, error);
    }
  }

  /** Its device and inode, as doubles. */
  identity(): string | undefined {
    try {
      const { dev, ino } = this.#file.statSync();
      return ino === null ? undefined : `${dev}:${ino}`;
    } catch (error) {
      throw StorageError.wrap("identify", this.#path, error);
    }
  }

  /** Infinity if the system does not say, so that the file is not reused. */
  links(): number {
    try {
      return this.#file.statSync().nlink ?? Infinity;
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
      this.#file.syncDataSync();
    } catch (error) {
      throw StorageError.wrap("sync", this.#path, error);
    }
  }

  truncate(size: number): void {
    try {
      this.#file.truncateSync(size);
    } catch (error) {
      throw StorageError.wrap("truncate", this.#path, error);
    }
  }

  close(): void {
    this.#file.close();
  }

  async #datasyncThreaded(startedAt: number): Promise<void> {
    try {
      await this.#file.syncData();
      this.#routing.observe(performance.now() - startedAt);
    } catch (error) {
      throw StorageError.wrap("sync", this.#path, error);
    }
  }

  #seek(offset: number): void {
    if (this.#position === offset) return;
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    this.#position = offset;
  }
}
