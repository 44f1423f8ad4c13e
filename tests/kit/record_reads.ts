import type { Storage, StorageFile } from "../../storage/storage.ts";

/**
 * Wraps a storage and notes in `reads` how much memory each read is given,
 * which is what the reader has allocated for it.
 */
export function recordReads(storage: Storage, reads: number[]): Storage {
  return {
    location: storage.location,
    prepare: () => storage.prepare(),
    lock: (options) => storage.lock(options),
    list: () => storage.list(),
    open: async (name, mode) =>
      recordingFile(await storage.open(name, mode), reads),
    link: (from, to) => storage.link(from, to),
    rename: (from, to) => storage.rename(from, to),
    remove: (name) => storage.remove(name),
    syncDirectory: () => storage.syncDirectory(),
  };
}

function recordingFile(file: StorageFile, reads: number[]): StorageFile {
  return {
    write: (bytes, offset) => file.write(bytes, offset),
    read(into, offset) {
      reads.push(into.buffer.byteLength);
      return file.read(into, offset);
    },
    size: () => file.size(),
    links: file.links && (() => file.links!()),
    datasync: () => file.datasync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}
