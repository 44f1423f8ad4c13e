import { type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { surveyLiveLog } from "../../reader/survey_live_log.ts";
import { NodeStorage } from "../../storage/directory/mod.ts";
import type {
  MaybePromise,
  Storage,
  StorageFile,
} from "../../storage/storage.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { InterruptedError } from "./cli_io.ts";

/**
 * The files of the log in `directory`, for a command that `interrupt` can stop.
 * Throws if there is no such directory; `action` says what it was wanted for.
 */
export function openLogDirectory(
  action: string,
  directory: string,
  interrupt: AbortSignal,
): Storage {
  requireDirectory(action, directory);
  return interruptibleStorage(new NodeStorage(directory), interrupt);
}

/**
 * Throws unless `directory` is one, before anything is created at a mistyped
 * path. With `mayBeMissing` it need not exist if it can be created.
 */
export function requireDirectory(
  action: string,
  directory: string,
  mayBeMissing = false,
): void {
  const path = resolve(directory);
  const [nearest, stats] = nearestOf(action, path);
  const attempt = `Cannot ${action} "${path}" because`;
  if (!stats.isDirectory()) {
    const file = nearest === path ? "it" : `"${nearest}"`;
    const message = `${attempt} ${file} is a file, not a directory`;
    throw new StorageError(message, path, "ENOTDIR");
  }
  if (nearest === path || mayBeMissing) return;
  const message = `${attempt} there is no such directory`;
  throw new StorageError(message, path, "ENOENT");
}

/** Whether a directory holds a log, be it damaged; else it is empty. */
export async function holdsLog(storage: Storage): Promise<boolean> {
  const { manifest, damage } = await surveyLiveLog(storage);
  return manifest !== undefined || damage !== undefined;
}

/** The error for a place without a log. */
export function noLogError(
  action: string,
  { location }: { readonly location: string },
): StorageError {
  const message = `Cannot ${action} "${location}" because it holds no log`;
  return new StorageError(message, location, "ENOENT");
}

/** The path itself, or else its nearest ancestor that exists. */
function nearestOf(action: string, path: string): [string, Stats] {
  for (let nearest = path;; nearest = dirname(nearest)) {
    try {
      return [nearest, statSync(nearest)];
    } catch (error) {
      const { code } = error as { code?: string };
      const isMissing = code === "ENOENT" || code === "ENOTDIR";
      if (isMissing && dirname(nearest) !== nearest) continue;
      throw StorageError.wrap(action, path, error);
    }
  }
}

/** Signals are noticed at least this often, provided that reads are short. */
const TURN_MS = 20;

/**
 * The same storage, for a user that can be interrupted. Reads yield to the
 * event loop now and then, because no signal is noticed during a loop of
 * synchronous reads, and throw {@linkcode InterruptedError} once `signal` is
 * aborted. After the first file has been opened for writing, only opening
 * another one throws: no step is left half-done.
 */
export function interruptibleStorage(
  storage: Storage,
  signal: AbortSignal,
): Storage {
  let yieldedAt = -Infinity;
  let isChanging = false;

  async function yieldTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    yieldedAt = performance.now();
  }

  function stopIfAborted(): void {
    if (!signal.aborted) return;
    throw new InterruptedError(
      isChanging
        ? "interrupted between two steps: every file is whole; run the command " +
          "again to continue"
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
        performance.now() - yieldedAt < TURN_MS
          ? read(into, offset)
          : yieldTurn().then(() => read(into, offset)),
    });
  }

  return overriding(storage, {
    async open(name, mode) {
      if (mode !== "read") {
        await yieldTurn();
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
