import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { syncDirectory } from "./_sync_directory.ts";

/**
 * Makes a directory and its parents, each synced into the one above before
 * anything is put into it.
 *
 * One that is there already is synced into its parent as well: who made it may
 * have died before. A parent that must not be read is then passed over.
 */
export function makeDirectory(path: string, sync = syncDirectory): void {
  const parent = dirname(path);
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!isThere && parent !== path) makeDirectory(parent, sync);
  const isMade = mkdirSync(path, { recursive: true }) !== undefined;
  try {
    sync(parent);
  } catch (error) {
    if (!isMade && isDenied(error)) return;
    // Left there, the next opener would take it for somebody's.
    if (isMade) removeIfEmpty(path);
    throw error;
  }
}

/** By the system, or by Deno's permissions. */
function isDenied(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  return code === "EACCES" || code === "EPERM" || name === "NotCapable";
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Another opener uses it, and has to sync the parent itself.
  }
}
