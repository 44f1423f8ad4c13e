import type { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { LogLockedError, type StorageLock } from "../../../storage/storage.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { anotherTurn } from "../../kit/another_turn.ts";
import type { Change } from "../../kit/changed_storage.ts";

/** A lock made by the test, on a place. */
type TakeLock = (
  memory: MemoryStorage,
  takeOver: boolean,
) => StorageLock | Promise<StorageLock>;

const locking = (take: TakeLock): Change => ({
  storage: (memory) => ({
    lock: ({ takeOver = false } = {}) => take(memory, takeOver),
  }),
});

/** `[how its lock is broken, the clause that finds it, the change]` */
export const brokenLocks: [string, string, Change][] = [
  [
    "lock() is not exclusive",
    "lock() refuses everyone else while it is held",
    locking((memory) => memory.lock({ takeOver: true })),
  ],
  [
    "lock() excludes only what comes through the same object",
    "lock() refuses everyone else while it is held",
    {
      storage(memory) {
        let locked = false;
        return {
          lock() {
            if (locked) throw new LogLockedError("locked", "", 0);
            locked = true;
            const { epoch, held } = memory.lock({ takeOver: true });
            return { epoch, held, release: () => void (locked = false) };
          },
        };
      },
    },
  ],
  [
    "lock() refuses once, then lets in",
    "lock() refuses everyone else while it is held",
    {
      storage(memory) {
        let refused = false;
        return {
          lock() {
            try {
              return memory.lock({ takeOver: refused });
            } catch (error) {
              refused = true;
              throw error;
            }
          },
        };
      },
    },
  ],
  [
    "lock() fences the owner and refuses",
    "lock() refuses everyone else while it is held",
    locking((memory, takeOver) => {
      try {
        return memory.lock({ takeOver });
      } catch (error) {
        memory.lock({ takeOver: true });
        throw error;
      }
    }),
  ],
  [
    "lock() refuses with another error",
    "lock() refuses everyone else while it is held",
    locking((memory, takeOver) => {
      try {
        return memory.lock({ takeOver });
      } catch {
        throw new StorageError("EBUSY", "", "EBUSY");
      }
    }),
  ],
  [
    "lock() looks first and takes later",
    "lock() lets only one of several calls at once succeed",
    locking(async (memory, takeOver) => {
      if (!takeOver) memory.lock().release();
      await anotherTurn();
      return memory.lock({ takeOver: true });
    }),
  ],
  [
    "lock() treats all who ask at once as one",
    "lock() lets only one of several calls at once succeed",
    locking(async (memory, takeOver) => {
      try {
        return memory.lock({ takeOver });
      } catch (error) {
        await anotherTurn();
        throw new Error("retry later", { cause: error });
      }
    }),
  ],
  [
    "release() does nothing",
    "release() lets the next owner in",
    { lock: () => ({ release() {} }) },
  ],
  [
    "the next owner is fenced from the start",
    "release() lets the next owner in",
    { lock: (lock) => ({ held: () => lock.epoch === 1 && lock.held() }) },
  ],
  [
    "epoch stays",
    "epoch is an integer that rises from owner to owner",
    { lock: () => ({ epoch: 1 }) },
  ],
  [
    "epoch rises in each object by itself",
    "epoch is an integer that rises from owner to owner",
    {
      storage(memory) {
        let epoch = 0;
        return {
          lock: (options) =>
            Object.assign(memory.lock(options), { epoch: ++epoch }),
        };
      },
    },
  ],
  [
    "epoch rises only when the lock is taken over",
    "epoch is an integer that rises from owner to owner",
    { lock: (lock) => ({ epoch: Math.ceil(lock.epoch / 2) }) },
  ],
  [
    "epoch is text",
    "epoch is an integer that rises from owner to owner",
    { lock: (lock) => ({ epoch: String(lock.epoch) as unknown as number }) },
  ],
  [
    "lock() ignores above",
    "lock() makes the epoch higher than above",
    locking((memory, takeOver) => memory.lock({ takeOver })),
  ],
  [
    "the epoch equals above",
    "lock() makes the epoch higher than above",
    {
      storage: (memory) => ({
        lock: ({ takeOver, above = 0 } = {}) =>
          memory.lock({ takeOver, above: Math.max(0, above - 1) }),
      }),
    },
  ],
  [
    "a lock that was taken with above is no lock for others",
    "lock() with above lets only one of several calls succeed",
    {
      storage: (memory) => ({
        lock: ({ takeOver = false, above = 0 } = {}) =>
          memory.lock({ takeOver: takeOver || above > 0, above }),
      }),
    },
  ],
  [
    "held() runs out",
    "held() is true until another owner takes over",
    {
      lock(lock) {
        let asked = 0;
        return { held: () => ++asked < 3 && lock.held() };
      },
    },
  ],
  [
    "takeOver needs an owner",
    "takeOver works if nobody holds the lock",
    locking((memory, takeOver) => {
      if (takeOver) memory.lock().release();
      if (takeOver) throw new StorageError("ENOENT", "", "ENOENT");
      return memory.lock();
    }),
  ],
  [
    "takeOver does not fence",
    "takeOver fences a live owner",
    { lock: () => ({ held: () => true }) },
  ],
  [
    "takeOver fences only the first owner",
    "takeOver fences a live owner",
    { lock: (lock) => ({ held: () => lock.epoch > 1 || lock.held() }) },
  ],
  [
    "takeOver leaves the lock open",
    "takeOver leaves the lock exclusive",
    locking((memory, takeOver) => {
      const lock = memory.lock({ takeOver });
      if (takeOver) lock.release();
      return { ...lock, held: () => true };
    }),
  ],
  [
    "release() frees whoever owns it now, when it comes twice",
    "a second release() leaves the next owner alone",
    {
      lock(lock, memory) {
        let releases = 0;
        return {
          release() {
            if (++releases === 1) return lock.release();
            memory.lock({ takeOver: true }).release();
          },
        };
      },
    },
  ],
  [
    "release() frees whoever owns it now",
    "release() of a former owner leaves the new one alone",
    {
      lock: (_lock, memory) => ({
        release: () => memory.lock({ takeOver: true }).release(),
      }),
    },
  ],
  [
    "renew() leaves the former lock held",
    "renew(), if there is one, gives the same owner a higher epoch",
    { lock: (lock) => ({ renew: lock.renew, held: () => true }) },
  ],
  [
    "renew() takes over from whoever owns it now",
    "renew(), if there is one, gives a displaced owner nothing",
    {
      lock: (lock, memory) => ({
        renew: () => lock.renew!() ?? memory.lock({ takeOver: true }),
      }),
    },
  ],
];
