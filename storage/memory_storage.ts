import {
  type Choose,
  type Content,
  emptyContent,
  MemoryFile,
  type StorageCall,
  survive,
} from "./memory_file.ts";
import { LogLockedError } from "./log_locked_error.ts";
import type { OpenMode, Storage, StorageFile, StorageLock } from "./storage.ts";
import { StorageError } from "./storage_error.ts";

/*
 * The fault model.
 *
 * A file has the bytes that were last synced and the writes since. A crash
 * keeps or drops each of those writes by itself, in any order, or tears it: of
 * each 512-byte sector that it touches, the new bytes stay, are lost, or come
 * out garbled. Bytes of a sector that the write does not cover stay as they
 * were (power-safe overwrite). The size is what the surviving writes reach.
 *
 * A directory has the entries of the last directory sync and the changes
 * since. A crash keeps a prefix of those changes: ext4, XFS and APFS journal
 * them in order. A rename is atomic.
 *
 * A call fails when `onCall` throws; it has then done nothing, except that a
 * failed datasync drops its writes from what any later sync makes durable,
 * while reads still see them, as on Linux.
 *
 * Not modelled: bytes that rot after they were synced, two devices, time.
 */

/** Options of {@linkcode MemoryStorage}. */
export interface MemoryStorageOptions {
  /** Called before each call; what it throws is the call's failure. */
  onCall?: (call: StorageCall) => void;
}

type Change =
  | { kind: "set"; name: string; content: Content }
  | { kind: "delete"; name: string };

/**
 * A directory in memory that can crash: for tests, and for logs that need not
 * outlive the process.
 *
 * `crash` answers with what a device could hold if power were lost now.
 *
 * @example
 * ```ts
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import { Wal } from "@syncline/wal";
 * import assert from "node:assert/strict";
 *
 * const storage = new MemoryStorage();
 * const wal = await Wal.open(storage);
 * await wal.append("acknowledged, so it survives");
 *
 * const survivor = await Wal.open(storage.crash(() => 0));
 * assert.deepEqual(await survivor.flush(), 1);
 * ```
 */
export class MemoryStorage implements Storage {
  /** A word in brackets, as there is no path. */
  readonly location = "[memory]";
  readonly #onCall: (call: StorageCall) => void;
  #synced = new Map<string, Content>();
  #changes: Change[] = [];
  #seen = new Map<string, Content>();
  #epoch = 0;
  #owner: number | undefined;

  /** An empty directory. */
  constructor(options: MemoryStorageOptions = {}) {
    this.#onCall = options.onCall ?? (() => {});
  }

  /** Nothing to make. */
  prepare(): void {}

  /** Takes the lock, which is this object's and does not outlive a crash. */
  lock(options: { takeOver?: boolean } = {}): StorageLock {
    this.#onCall({ operation: "lock", file: "" });
    if (this.#owner !== undefined && !options.takeOver) {
      throw new LogLockedError(
        `Cannot open "${this.location}" for writing as it is open already`,
        this.location,
        0,
      );
    }
    const epoch = ++this.#epoch;
    this.#owner = epoch;
    return {
      epoch,
      held: () => this.#owner === epoch,
      release: () => {
        if (this.#owner === epoch) this.#owner = undefined;
      },
    };
  }

  /** Names of all files, synced or not. */
  list(): string[] {
    this.#onCall({ operation: "list", file: "" });
    return [...this.#seen.keys()];
  }

  /** Opens a file. */
  open(name: string, mode: OpenMode): StorageFile {
    this.#onCall({
      operation: mode === "create" ? "create" : "open",
      file: name,
    });
    const found = this.#seen.get(name);
    if (mode === "read") {
      if (found === undefined) throw failure("open", name, "ENOENT");
      return new MemoryFile(name, found, this.#onCall);
    }
    if (found !== undefined) throw failure("create", name, "EEXIST");
    const content = emptyContent();
    this.#change({ kind: "set", name, content });
    return new MemoryFile(name, content, this.#onCall);
  }

  /** Renames; one change, atomic in a crash. */
  rename(from: string, to: string): void {
    this.#onCall({ operation: "rename", file: from });
    const content = this.#seen.get(from);
    if (content === undefined) throw failure("rename", from, "ENOENT");
    this.#change({ kind: "set", name: to, content });
    this.#change({ kind: "delete", name: from });
  }

  /** Removes a file. */
  remove(name: string): void {
    this.#onCall({ operation: "remove", file: name });
    if (!this.#seen.has(name)) throw failure("remove", name, "ENOENT");
    this.#change({ kind: "delete", name });
  }

  /** Makes all changes of entries durable. */
  syncDirectory(): void {
    this.#onCall({ operation: "syncDirectory", file: "" });
    this.#synced = new Map(this.#seen);
    this.#changes = [];
  }

  /**
   * A storage as it could be after power was lost now; this one is unchanged.
   * Every choice that the fault model leaves is made by `choose`, with 0 for
   * the plainest outcome: unsynced writes and entries are lost.
   */
  crash(choose: Choose, options?: MemoryStorageOptions): MemoryStorage {
    const entries = new Map(this.#synced);
    const kept = choose(this.#changes.length + 1);
    for (const change of this.#changes.slice(0, kept)) apply(entries, change);
    const crashed = new MemoryStorage(options);
    for (const [name, content] of entries) {
      crashed.put(name, survive(content, choose));
    }
    return crashed;
  }

  /**
   * A storage as another process finds it after this one was killed: all that
   * was written is there to read, synced or not. This one is unchanged.
   */
  kill(options?: MemoryStorageOptions): MemoryStorage {
    const killed = new MemoryStorage(options);
    const copies = new Map<Content, Content>();
    const copy = (content: Content) => {
      const made = copies.get(content) ?? {
        ...content,
        pending: [...content.pending],
      };
      copies.set(content, made);
      return made;
    };
    for (const [name, content] of this.#synced) {
      killed.#synced.set(name, copy(content));
    }
    for (const [name, content] of this.#seen) {
      killed.#seen.set(name, copy(content));
    }
    killed.#changes = this.#changes.map((change) =>
      change.kind === "set"
        ? { ...change, content: copy(change.content) }
        : change
    );
    return killed;
  }

  /** The bytes of a file as a reader sees them; a copy. */
  get(name: string): Uint8Array | undefined {
    return this.#seen.get(name)?.seen.slice();
  }

  /** Sets a file to a copy of `bytes`, durably. */
  put(name: string, bytes: Uint8Array): void {
    const content = { synced: bytes.slice(), seen: bytes.slice(), pending: [] };
    this.#seen.set(name, content);
    this.#synced.set(name, content);
  }

  #change(change: Change): void {
    this.#changes.push(change);
    apply(this.#seen, change);
  }
}

function apply(entries: Map<string, Content>, change: Change): void {
  if (change.kind === "set") entries.set(change.name, change.content);
  else entries.delete(change.name);
}

function failure(action: string, name: string, code: string): StorageError {
  return StorageError.wrap(action, `[memory]/${name}`, { code });
}
