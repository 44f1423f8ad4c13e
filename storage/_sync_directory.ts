import { fs, process } from "./_builtins.ts";

/**
 * Makes a directory's entries durable. Windows refuses to sync a directory; its
 * entries are journaled.
 */
export function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(path, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
