import type { DirectoryStorage } from "../../storage/directory/directory_storage.ts";
import { isPromise, type MaybePromise } from "../../storage/storage.ts";
import { FlushThread } from "../../storage/thread/flush_thread.ts";
import { FLUSH_WORKER } from "../../storage/thread/flush_worker_source.ts";

/**
 * Makes the syncs of a storage take `ms` longer, of files and of the directory.
 * One that blocks blocks for longer, on the flush thread too; one that returns
 * a promise keeps its caller waiting, but not the event loop.
 */
export function slowSyncs<S extends DirectoryStorage>(
  storage: S,
  ms: number,
): S {
  if (ms === 0) return storage;
  const slowly = (sync: () => MaybePromise<void>) => () => {
    const answer = sync();
    if (!isPromise(answer)) return block(ms);
    return answer.then(() => new Promise<void>((wake) => setTimeout(wake, ms)));
  };
  const open = storage.open.bind(storage);
  storage.open = (name, mode) => {
    const file = open(name, mode);
    file.datasync = slowly(file.datasync.bind(file));
    return file;
  };
  storage.syncDirectory = slowly(storage.syncDirectory.bind(storage));
  storage.startThread = () =>
    FlushThread.start(
      storage.location,
      storage["routing"].addThread(),
      slowThread(ms),
    );
  return storage;
}

/** Keeps this thread from anything else. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** The code of a flush thread whose syncs take `ms` longer. */
function slowThread(ms: number): string {
  return `{
    const fs = process.getBuiltinModule("node:fs");
    const { fdatasyncSync } = fs;
    fs.fdatasyncSync = (descriptor) => {
      fdatasyncSync(descriptor);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});
    };
  }
  ${FLUSH_WORKER}`;
}
