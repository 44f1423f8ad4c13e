import assert from "node:assert/strict";
import { isInteger } from "../../argument.ts";
import type {
  LockOptions,
  MaybePromise,
  OpenMode,
  Storage,
  StorageFile,
  StorageLock,
} from "../../storage/storage.ts";

/** A rule of the contract, and its check. */
export interface StorageClause {
  /** What is true of a storage that follows the rule. */
  readonly name: string;
  /** Rejects if the storage breaks the rule. */
  check(bench: StorageUnderTest): Promise<void>;
}

/** A storage under test; what a test leaves open is closed at the end. */
export class StorageUnderTest {
  /** The storage under test, prepared. */
  readonly storage: Storage;
  readonly #place: StoragePlace;
  readonly #leftovers = new Set<() => unknown>();

  /** Makes no calls yet. */
  constructor(place: StoragePlace) {
    this.#place = place;
    this.storage = place.storage;
  }

  /** A second storage object on the same place, prepared. */
  async again(): Promise<Storage> {
    const storage = await this.#place.again();
    await storage.prepare();
    return storage;
  }

  /** Opens a file. */
  async open(
    name: string,
    mode: OpenMode,
    storage: Storage = this.storage,
  ): Promise<StorageFile> {
    const file = await storage.open(name, mode);
    const close = this.#onceAtTheEnd(() => file.close());
    return {
      write: (bytes, offset) => file.write(bytes, offset),
      read: (into, offset) => file.read(into, offset),
      size: () => file.size(),
      links: file.links && (() => file.links!()),
      datasync: () => file.datasync(),
      truncate: (size) => file.truncate(size),
      close,
    };
  }

  /** Takes the lock. */
  async lock(
    storage: Storage = this.storage,
    options?: LockOptions,
  ): Promise<StorageLock> {
    return this.#toRelease(await storage.lock(options));
  }

  #toRelease(lock: StorageLock): StorageLock {
    const release = this.#onceAtTheEnd(() => lock.release());
    const renew = async () => {
      const next = await lock.renew?.();
      return next && this.#toRelease(next);
    };
    return {
      epoch: lock.epoch,
      held: () => lock.held(),
      ...(lock.renew !== undefined && { renew }),
      release,
    };
  }

  /** Creates a file with `bytes` and closes it. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const file = await this.open(name, "create");
    await writeWhole(file, bytes, 0);
    await file.close();
  }

  /** All bytes of a file. */
  async get(
    name: string,
    storage: Storage = this.storage,
  ): Promise<Uint8Array> {
    const file = await this.open(name, "read", storage);
    try {
      return await readWhole(file);
    } finally {
      await file.close();
    }
  }

  /** Closes and releases everything left open, ignoring errors. */
  async end(): Promise<void> {
    for (const free of [...this.#leftovers].reverse()) {
      await Promise.resolve().then(free).catch(() => {});
    }
  }

  #onceAtTheEnd(free: () => MaybePromise<void>): () => MaybePromise<void> {
    const once = () => {
      this.#leftovers.delete(once);
      return free();
    };
    this.#leftovers.add(once);
    return once;
  }
}

/** Writes all of `bytes`, continuing after short writes. */
export async function writeWhole(
  file: StorageFile,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const left = bytes.subarray(done);
    const { length } = left;
    const count = await file.write(left, offset + done);
    assert.ok(
      isInteger(count, 1, length),
      `write() of ${length} bytes must return how many it wrote, at least 1: ` +
        `found ${count}`,
    );
    done += count;
  }
}

/** Reads up to `length` bytes at `offset`: fewer only at the file's end. */
export async function readSome(
  file: StorageFile,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const into = bytes.subarray(filled);
    const count = await file.read(into, offset + filled);
    assert.ok(
      isInteger(count, 0, into.length),
      `read() into ${into.length} bytes must return how many it read: found ` +
        count,
    );
    if (count === 0) return bytes.subarray(0, filled);
    filled += count;
  }
  return bytes;
}

/** All bytes of a file: tries to read one more than its reported size. */
export async function readWhole(file: StorageFile): Promise<Uint8Array> {
  return await readSome(file, 0, await file.size() + 1);
}

/** Bytes without a short period, so that no part looks like another. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    bytes[index] = Math.imul(index + seed, 2654435761) >>> 21;
  }
  return bytes;
}

/** A place for one test, and the storages that use it. */
export interface StoragePlace {
  /**
   * The storage under test. Its place is empty and belongs to this test alone.
   * Ideally, neither it nor its parent exists yet, so that `prepare` must
   * create both.
   */
  readonly storage: Storage;
  /**
   * Returns another storage on the same place, as a second process would create
   * it. A storage that is its own place returns itself.
   */
  again(): MaybePromise<Storage>;
  /** Removes the place after the test, whether it passed or failed. */
  dispose?(): MaybePromise<void>;
}
