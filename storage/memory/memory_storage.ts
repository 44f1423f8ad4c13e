import { type Choose, seeded } from "../../random.ts";
import type {
  LockOptions,
  MaybePromise,
  OpenMode,
  Storage,
  StorageFile,
  StorageLock,
} from "../storage.ts";
import type { FrameThread } from "../thread/frame_thread.ts";
import { type FaultModel, MemoryContent } from "./memory_content.ts";
import { type Change, MemoryEntries, MemoryLocks } from "./memory_entries.ts";
import {
  MemoryFile,
  type OnCall,
  perform,
  type StorageCall,
  storageError,
} from "./memory_file.ts";
import type { OnStage } from "./memory_thread.ts";

/*
 * The fault model.
 *
 * Bytes. A file consists of the synced bytes and the writes since. A crash
 * keeps or loses each of those writes independently, in any order, or tears it:
 * in each sector that it touches, of 512 or 4096 bytes, the new bytes stay, are
 * lost, or are garbled in their second half. Bytes of a sector that the write
 * does not cover stay as they were (power-safe overwrite).
 *
 * Cutting a file short may or may not survive a crash, just like a write.
 *
 * Size. Under "ext4" a file is as long as the surviving writes reach, with
 * zeros between them. Under "posix" it may also be as long as any write made
 * it, and bytes that no surviving write covers are zeros, or whatever was on
 * the device before: bytes of another file at the same offset.
 *
 * Entries. Under "ext4" a crash keeps a prefix of the entries created, renamed
 * and removed since the last directory sync, and a datasync that changes a
 * file's size makes all changes before it durable, because both are in one
 * journal. Under "posix" it keeps any subset of them, and only a directory sync
 * makes them durable. A rename never loses both names; under "posix" both may
 * survive. A second name of a file is an entry like any other, and may be lost
 * while the first one stays, or the other way round.
 *
 * Calls. `onCall` may fail a call, cut a write short, or delay a call, even
 * forever. After a failed datasync its writes can still be read, but no later
 * sync makes them durable, as on Linux (Rebello et al., USENIX ATC 2020).
 *
 * Death. `crash` is a power loss. `kill` is the end of a process: everything
 * that it wrote is there, synced or not, perhaps without the end of the last
 * write.
 *
 * Not modeled:
 * - bytes that rot after they were synced, or land elsewhere: `put` does that,
 *   and it is a test of the reader, not of crashes;
 * - a directory sync that fails and is then forgotten, as a failed datasync is:
 *   journaling file systems refuse every write after that, until remounted;
 * - a sync that lies: nothing could be promised then;
 * - overwrites that destroy other bytes of a sector: see power-safe overwrite;
 * - open handles, quotas, permissions, two devices: a log uses none of them.
 */

/**
 * A directory in memory that can crash: for tests, and for logs that need not
 * outlive the process.
 *
 * `crash` returns what a device could hold if power were lost now. The top of
 * this file describes the fault model.
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
  /** A word in brackets, because there is no path. */
  readonly location = "[memory]";
  /** So that what logs do on other storages is tested here. */
  readonly prefersOverwrites = true;
  /** No call returns a promise, except one that an effect makes slow. */
  readonly isBlocking = true;
  readonly #onCall: OnCall;
  readonly #onStage: OnStage | undefined;
  readonly #model: FaultModel;
  readonly #entries: MemoryEntries;
  readonly #seed: number;
  readonly #random: Choose;
  readonly #locks = new MemoryLocks();
  readonly #watchers = new Set<() => void>();

  /** Creates an empty directory. */
  constructor(options: MemoryStorageOptions = {}) {
    const { fileSystem = "posix", sectorBytes = 512 } = options;
    this.#onCall = options.onCall ?? (() => {});
    this.#onStage = options.onStage;
    this.#model = { fileSystem, sectorBytes };
    this.#entries = new MemoryEntries(this.#model);
    this.#seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
    this.#random = seeded(this.#seed);
  }

  /** Does nothing: the directory always exists. */
  prepare(): void {}

  /** Takes the lock, which belongs to this object and ends with a crash. */
  lock(options: LockOptions = {}): StorageLock {
    const call = { operation: "lock", file: "" } as const;
    const take = () => this.#locks.take(this.location, options);
    return atOnce(perform(this.#onCall, call, take));
  }

  /** Lists the names of all files, synced or not. */
  list(): string[] {
    const call = { operation: "list", file: "" } as const;
    return atOnce(perform(this.#onCall, call, () => this.#entries.names));
  }

  /** Opens a file. */
  open(name: string, mode: OpenMode): StorageFile {
    const operation = mode === "create" ? "create" : "open";
    const opened = perform(this.#onCall, { operation, file: name }, () => {
      if (mode === "create") return this.#make(name, new MemoryContent());
      const found = this.#entries.get(name);
      if (found === undefined) throw storageError("open", name, "ENOENT");
      return found;
    });
    return this.#handle(name, atOnce(opened));
  }

  /** Gives a file a second name. */
  link(from: string, to: string): MaybePromise<void> {
    const [kind, name] = ["link", from] as const;
    return this.#change(kind, from, (content) => {
      if (this.#entries.get(to)) throw storageError(kind, to, "EEXIST");
      return { kind, name, to, content };
    });
  }

  /** Renames a file; a crash never loses both names. */
  rename(from: string, to: string): MaybePromise<void> {
    const [kind, name] = ["rename", from] as const;
    return this.#change(kind, from, (content) => ({ kind, name, to, content }));
  }

  /** Removes a file. */
  remove(name: string): MaybePromise<void> {
    const kind = "remove";
    return this.#change(kind, name, (content) => ({ kind, name, content }));
  }

  /** Makes all changes to entries before the call durable. */
  syncDirectory(): MaybePromise<void> {
    const covered = this.#entries.changes;
    const call = { operation: "syncDirectory", file: "" } as const;
    return perform(this.#onCall, call, () => this.#entries.sync(covered));
  }

  /** Starts what does here, in later turns, what another thread would do. */
  async startThread(): Promise<FrameThread> {
    const { MemoryThread } = await import("./memory_thread.ts");
    return new MemoryThread(this, this.#onStage);
  }

  /** Calls `wake` after each change, until the returned function is called. */
  watch(wake: () => void): () => void {
    const own = () => wake();
    this.#watchers.add(own);
    return () => void this.#watchers.delete(own);
  }

  /** Returns a salt for a new segment, the same in each run with a seed. */
  salt(): number {
    return this.#random(2 ** 32);
  }

  /**
   * Returns a storage as it could be after a power loss now; this one is
   * unchanged. `choose` makes every choice that the fault model leaves open,
   * with 0 for the simplest outcome: unsynced writes and entries are lost.
   */
  crash(choose: Choose, options?: { onCall?: OnCall }): MemoryStorage {
    const crashed = this.#descendant(options);
    const survivors = new Map<MemoryContent, MemoryContent>();
    for (const [name, content] of this.#entries.survive(choose)) {
      const survivor = survivors.get(content) ??
        new MemoryContent(
          content.survive(choose, this.#model, this.#entries.staleFor(content)),
        );
      survivors.set(content, survivor);
      crashed.#entries.put(name, survivor);
    }
    return crashed;
  }

  /**
   * Returns a storage as another process finds it after this one was killed:
   * everything written is there, synced or not. With `cut`, the last write to
   * that file lacks that many bytes at its end. This one is unchanged.
   */
  kill(options: KillOptions = {}): MemoryStorage {
    const killed = this.#descendant(options);
    killed.#entries.copyFrom(this.#entries, options.cut);
    return killed;
  }

  /** Returns a copy of a file's bytes, as a reader sees them. */
  get(name: string): Uint8Array | undefined {
    return this.#entries.get(name)?.bytes.slice();
  }

  /** Sets a file to a copy of `bytes`, durably at once. */
  put(name: string, bytes: Uint8Array): void {
    this.#entries.put(name, new MemoryContent(bytes.slice()));
  }

  /** An empty successor of this directory, with different salts. */
  #descendant(options: { onCall?: OnCall } | undefined): MemoryStorage {
    const seed = seeded(this.#seed ^ 0x5a5a5a5a)(2 ** 32);
    const onCall = options?.onCall;
    return new MemoryStorage({ ...this.#model, onCall, seed });
  }

  #make(name: string, content: MemoryContent): MemoryContent {
    if (this.#entries.get(name)) throw storageError("create", name, "EEXIST");
    this.#entries.change({ kind: "create", name, content });
    this.#changed();
    return content;
  }

  #handle(name: string, content: MemoryContent): MemoryFile {
    const synced = (hasGrown: boolean) => {
      if (hasGrown && this.#model.fileSystem === "ext4") this.#entries.sync();
    };
    const links = () => this.#entries.links(content);
    const changed = () => this.#changed();
    const directory = { synced, changed, links };
    return new MemoryFile(name, content, this.#onCall, directory);
  }

  #change(
    operation: StorageCall["operation"],
    file: string,
    make: (content: MemoryContent) => Change,
  ): MaybePromise<void> {
    return perform(this.#onCall, { operation, file }, () => {
      const content = this.#entries.get(file);
      if (content === undefined) throw storageError(operation, file, "ENOENT");
      this.#entries.change(make(content));
      this.#changed();
    });
  }

  #changed(): void {
    for (const wake of this.#watchers) wake();
  }
}

function atOnce<Answer>(answer: MaybePromise<Answer>): Answer {
  if (answer instanceof Promise) {
    throw new TypeError(
      "Cannot delay lock, list and open because they return at once",
    );
  }
  return answer;
}

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
  /** Called before each call; can make it fail or delay it. */
  onCall?: OnCall | undefined;
  /** Called before each step of a flush thread; can end it there. */
  onStage?: OnStage | undefined;
  /**
   * What a crash may do to sizes and entries: all that the standard permits
   * (`"posix"`, the default), or only what the journal of ext4 permits
   * (`"ext4"`).
   */
  fileSystem?: "posix" | "ext4" | undefined;
  /** Size of the device's sectors, in bytes: 512 (default) or 4096. */
  sectorBytes?: 512 | 4096 | undefined;
  /** Makes salts, and so all bytes, repeatable. Default: random. */
  seed?: number | undefined;
}

/** Options of `MemoryStorage.kill`. */
export interface KillOptions {
  /** As in {@linkcode MemoryStorageOptions}. */
  onCall?: OnCall | undefined;
  /** The process died in the last write to `file`, `bytes` before its end. */
  cut?: { file: string; bytes: number } | undefined;
}
