import { type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StorageError } from "../storage/storage_error.ts";

/**
 * Refuses a path that is no directory, before anything is made for somebody
 * who mistyped. With `mayBeMissing` one that can still be made will do.
 */
export function requireDirectory(
  action: string,
  directory: string,
  mayBeMissing = false,
): void {
  const path = resolve(directory);
  const [nearest, stats] = nearestOf(action, path);
  if (!stats.isDirectory()) {
    const file = nearest === path ? "it" : `"${nearest}"`;
    throw new Error(
      `Cannot ${action} "${path}": ${file} is a file, not a directory`,
    );
  }
  if (nearest === path || mayBeMissing) return;
  throw new Error(`Cannot ${action} "${path}": there is no such directory`);
}

/** The path itself, or else the nearest above that is there. */
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
