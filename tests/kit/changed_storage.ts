import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type {
  MaybePromise,
  OpenMode,
  Storage,
  StorageFile,
  StorageLock,
} from "../../storage/storage.ts";
import type { StoragePlace } from "../../testing/contract/storage_under_test.ts";

/** What is different in a storage; each part is made for each object. */
export interface Change {
  /** Methods of the storage. */
  storage?: (memory: MemoryStorage) => Partial<Storage>;
  /** Methods of each file that is opened. */
  file?: (file: SyncFile, name: string, memory: MemoryStorage) => FileChange;
  /** Methods of each lock that is taken. */
  lock?: (lock: SyncLock, memory: MemoryStorage) => Partial<StorageLock>;
}

type FileChange = Partial<StorageFile>;

/** A file that answers at once. */
export type SyncFile = {
  [Method in keyof StorageFile]-?: (
    ...args: Parameters<Required<StorageFile>[Method]>
  ) => Awaited<ReturnType<Required<StorageFile>[Method]>>;
};

/** A lock that answers at once. */
export interface SyncLock {
  readonly epoch: number;
  held(): boolean;
  renew?(): StorageLock | undefined;
  release(): void;
}

/** A place in memory; all storages on it are changed alike. */
export function changedPlace(change: Change): StoragePlace {
  const memory = new MemoryStorage();
  const again = () => changed(memory, change);
  return { storage: again(), again };
}

/** A storage on `memory` that is different. */
export function changed(memory: MemoryStorage, change: Change): Storage {
  const storage: Storage = {
    location: memory.location,
    prefersOverwrites: memory.prefersOverwrites,
    prepare: () => memory.prepare(),
    lock: (options) => memory.lock(options),
    list: () => memory.list(),
    open: (name, mode) => memory.open(name, mode),
    link: (from, to) => memory.link(from, to),
    rename: (from, to) => memory.rename(from, to),
    remove: (name) => memory.remove(name),
    syncDirectory: () => memory.syncDirectory(),
    ...change.storage?.(memory),
  };
  return {
    ...storage,
    open: (name: string, mode: OpenMode) =>
      then(storage.open(name, mode), (file) => ({
        ...delegate(file),
        ...change.file?.(file as SyncFile, name, memory),
      })),
    lock: (options) =>
      then(storage.lock(options), (lock) => ({
        epoch: lock.epoch,
        held: () => lock.held(),
        release: () => lock.release(),
        ...change.lock?.(lock as SyncLock, memory),
      })),
  };
}

/** The same file, as an object whose methods can be replaced. */
export function delegate(file: StorageFile): StorageFile {
  return {
    write: (bytes, offset) => file.write(bytes, offset),
    read: (into, offset) => file.read(into, offset),
    size: () => file.size(),
    links: file.links && (() => file.links!()),
    datasync: () => file.datasync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}

function then<A, B>(
  answer: MaybePromise<A>,
  use: (value: A) => B,
): MaybePromise<B> {
  return answer instanceof Promise ? answer.then(use) : use(answer);
}

/** A storage on `memory` to which a log writes no zeros ahead of need. */
export function withoutZeros(memory: MemoryStorage): Storage {
  return changed(memory, { storage: () => ({ prefersOverwrites: false }) });
}
