import { closeSync, fsyncSync, openSync } from "node:fs";
import process from "node:process";

/**
 * Makes a directory's entries durable. Windows refuses to sync a directory; its
 * entries are journaled.
 */
export function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
