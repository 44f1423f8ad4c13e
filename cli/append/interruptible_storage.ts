import { InterruptedError } from "../io/cli_io.ts";
import type {
  MaybePromise,
  Storage,
  StorageFile,
} from "../../storage/storage.ts";

/** Signals are heard at least this often, if reads are this short. */
const TURN_MS = 20;

/**
 * The same storage, but what uses it can be interrupted. Reads give the event
 * loop a turn now and then, because a signal is not heard in a loop of
 * synchronous reads, and throw {@linkcode InterruptedError} once `signal` is
 * aborted. From the first file that is written on, only the start of another
 * one does so: no step is left half-done.
 */
export function interruptibleStorage(
  storage: Storage,
  signal: AbortSignal,
): Storage {
  let heardAt = -Infinity;
  let isChanging = false;

  async function hear(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    heardAt = performance.now();
  }

  function stopIfAborted(): void {
    if (!signal.aborted) return;
    throw new InterruptedError(
      isChanging
        ? "interrupted between two steps: every file is whole, and running " +
          "the command again continues"
        : "interrupted before the whole log was read; nothing was changed",
    );
  }

  function toInterruptible(file: StorageFile): StorageFile {
    const read = (into: Uint8Array, offset: number): MaybePromise<number> => {
      if (!isChanging) stopIfAborted();
      return file.read(into, offset);
    };
    return overriding(file, {
      read: (into, offset) =>
        performance.now() - heardAt < TURN_MS
          ? read(into, offset)
          : hear().then(() => read(into, offset)),
    });
  }

  return overriding(storage, {
    async open(name, mode) {
      if (mode !== "read") {
        await hear();
        stopIfAborted();
        isChanging = true;
      }
      return toInterruptible(await storage.open(name, mode));
    },
  });
}

/** A view of `target` with other methods; the rest runs on `target` itself. */
function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key);
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
