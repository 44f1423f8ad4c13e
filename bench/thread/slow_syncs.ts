import { isPromise, type Storage } from "../../storage/storage.ts";

/**
 * A storage whose syncs take `ms` longer, of files and of the directory. Where
 * it blocks it blocks longer, and what it does on another thread keeps that
 * thread's caller waiting, but not its event loop.
 */
export function slowSyncs(storage: Storage, ms: number): Storage {
  if (ms === 0) return storage;
  const slowly = (sync: () => void | Promise<void>) => () => {
    const answer = sync();
    if (!isPromise(answer)) return block(ms);
    return answer.then(() => new Promise<void>((wake) => setTimeout(wake, ms)));
  };
  const open = storage.open.bind(storage);
  storage.open = (name, mode) => {
    const file = open(name, mode);
    if (isPromise(file)) throw new TypeError("a storage that blocks is needed");
    file.datasync = slowly(file.datasync.bind(file));
    return file;
  };
  storage.syncDirectory = slowly(storage.syncDirectory.bind(storage));
  return storage;
}

/** Keeps this thread from anything else. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
