import type { StorageCall } from "../../storage/memory/memory_file.ts";
import {
  MemoryStorage,
  type MemoryStorageOptions,
} from "../../storage/memory/memory_storage.ts";

/** A directory that has room for a limited number of bytes. */
export class FullStorage {
  /** The directory. */
  readonly storage: MemoryStorage;
  /** Bytes that it can hold; can be changed. */
  capacity = Infinity;

  /** An empty directory that has no limit yet. */
  constructor(options: MemoryStorageOptions = {}) {
    this.storage = new MemoryStorage({
      ...options,
      onCall: (call) => options.onCall?.(call) ?? this.#refuse(call),
    });
  }

  /** Bytes of all files; of a file with two names, twice. */
  get used(): number {
    const { storage } = this;
    return storage.list().reduce(
      (sum, name) => sum + storage.get(name)!.length,
      0,
    );
  }

  #refuse({ operation, file, offset, bytes }: StorageCall) {
    if (operation !== "write") return;
    const size = this.storage.get(file)?.length ?? 0;
    const grown = Math.max(0, offset + bytes - size);
    if (this.used + grown <= this.capacity) return;
    return { error: "ENOSPC" };
  }
}
