import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { StorageError } from "../../storage/storage_error.ts";

/**
 * Lends a directory inside of `parent`, hidden, so that a log there does not
 * mind it. It is removed when `use` ends, and when the process exits before.
 */
export async function withScratchDirectory<T>(
  parent: string,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = makeDirectory(resolve(parent));
  const remove = () =>
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  process.on("exit", remove);
  try {
    return await use(directory);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function makeDirectory(parent: string): string {
  try {
    return mkdtempSync(join(parent, ".wal-doctor-"));
  } catch (error) {
    throw StorageError.wrap("make files in", parent, error);
  }
}
