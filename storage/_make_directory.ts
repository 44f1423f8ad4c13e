import type { Stats } from "node:fs";
import { fs, paths } from "./_builtins.ts";
import { syncDirectory } from "./_sync_directory.ts";

/**
 * Makes a directory and its parents, each synced into the one above before
 * anything is put into it. What is there already is not written to, so it needs
 * no permission to write.
 *
 * One that is there already is synced into its parent as well: who made it may
 * have died before. A parent that must not be read is then passed over, and one
 * that cannot be synced, if the directory is mounted there: a mount point's
 * entry is not what leads to the log.
 */
export function makeDirectory(path: string, sync = syncDirectory): void {
  const parent = paths.dirname(path);
  const found = look(path);
  if (found === "denied") return;
  if (found !== undefined) {
    requireDirectory(path, found);
    return settle(path, found, sync);
  }
  makeDirectory(parent, sync);
  try {
    fs.mkdirSync(path);
  } catch (error) {
    // Unless another opener was faster. A link to nothing is there as well.
    if (look(path) === undefined) throw error;
    return makeDirectory(path, sync);
  }
  try {
    sync(parent);
  } catch (error) {
    // Left there, the next opener would take it for somebody's.
    removeIfEmpty(path);
    throw error;
  }
}

function settle(
  path: string,
  found: Stats,
  sync: (path: string) => void,
): void {
  const parent = paths.dirname(path);
  try {
    sync(parent);
  } catch (error) {
    if (!isDenied(error) && !isMountPoint(found, parent)) throw error;
  }
}

/** `"denied"`: Deno was not given the permission to look at it. */
function look(path: string): Stats | "denied" | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as Error).name === "NotCapable") return "denied";
    throw error;
  }
}

function requireDirectory(path: string, found: Stats): void {
  if (found.isDirectory()) return;
  throw Object.assign(
    new Error(`EEXIST: a file is where a directory should be, "${path}"`),
    { code: "EEXIST" },
  );
}

function isMountPoint({ dev }: Stats, parent: string): boolean {
  const above = look(parent);
  return typeof above === "object" && above.dev !== dev;
}

/** By the system, or by Deno's permissions. */
function isDenied(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  return code === "EACCES" || code === "EPERM" || name === "NotCapable";
}

function removeIfEmpty(path: string): void {
  try {
    fs.rmdirSync(path);
  } catch {
    // Another opener uses it, and has to sync the parent itself.
  }
}
