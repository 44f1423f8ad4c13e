import type {
  Storage,
  StorageFile,
  StorageLock,
} from "../../storage/storage.ts";

/** Wraps a storage so that every call is answered by a promise. */
export function asyncStorage(storage: Storage): Storage {
  return {
    location: storage.location,
    prefersOverwrites: storage.prefersOverwrites === true,
    prepare: () => later(() => storage.prepare()),
    lock: (options) =>
      later(async () => asyncLock(await storage.lock(options))),
    list: () => later(() => storage.list()),
    open: (name, mode) =>
      later(async () => asyncFile(await storage.open(name, mode))),
    link: (from, to) => later(() => storage.link(from, to)),
    rename: (from, to) => later(() => storage.rename(from, to)),
    remove: (name) => later(() => storage.remove(name)),
    syncDirectory: () => later(() => storage.syncDirectory()),
  };
}

function asyncFile(file: StorageFile): StorageFile {
  return {
    write: (bytes, offset) => later(() => file.write(bytes, offset)),
    read: (into, offset) => later(() => file.read(into, offset)),
    size: () => later(() => file.size()),
    links: file.links && (() => later(() => file.links!())),
    datasync: () => later(() => file.datasync()),
    truncate: (size) => later(() => file.truncate(size)),
    close: () => later(() => file.close()),
  };
}

function asyncLock(lock: StorageLock): StorageLock {
  return {
    epoch: lock.epoch,
    held: () => later(() => lock.held()),
    whyLost: () => lock.whyLost?.(),
    renew: () =>
      later(async () => {
        const renewed = await lock.renew?.();
        return renewed && asyncLock(renewed);
      }),
    release: () => later(() => lock.release()),
  };
}

/** A turn of the loop later, as a device would answer. */
async function later<Value>(call: () => Value): Promise<Awaited<Value>> {
  await new Promise((resolve) => setImmediate(resolve));
  return await call();
}
