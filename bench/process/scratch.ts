import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readDirectoryInfo } from "../../cli/doctor/place.ts";

/** A directory to measure in, which is removed at the end. */
export interface Scratch extends Disposable {
  readonly directory: string;
  /** The type of its file system, such as `"ext4"`, or `"unknown"`. */
  readonly fileSystem: string;
  /** Whether it is in memory, where a sync costs nothing. */
  readonly isInMemory: boolean;
  /** Why it is not in the temporary directory, if it is not. */
  readonly reason?: string;
}

const BUILD = fileURLToPath(new URL("../../.build", import.meta.url));

/**
 * Makes a scratch directory below `parent`. The default is the temporary
 * directory, or the project's own if the temporary directory is in memory.
 */
export function makeScratch(name: string, parent?: string): Scratch {
  if (parent !== undefined) return makeBelow(parent, name);
  const temporary = fileSystemOf(tmpdir());
  if (!isMemory(temporary)) return makeBelow(tmpdir(), name);
  return {
    ...makeBelow(BUILD, name),
    reason: `${tmpdir()} is ${temporary}, where a sync costs nothing`,
  };
}

/** Runs `body` with an empty directory, and removes it afterwards. */
export async function withDirectory<T>(
  parent: string,
  body: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(parent, "s"));
  try {
    return await body(directory);
  } finally {
    remove(directory);
  }
}

function makeBelow(parent: string, name: string): Scratch {
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, `syncline-${name}-`));
  const fileSystem = fileSystemOf(directory);
  return {
    directory,
    fileSystem,
    isInMemory: isMemory(fileSystem),
    [Symbol.dispose]: () => remove(directory),
  };
}

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

function isMemory(fileSystem: string): boolean {
  return fileSystem === "tmpfs" || fileSystem === "ramfs";
}

/** Linux alone has a mount table to read. */
function fileSystemOf(directory: string): string {
  return readDirectoryInfo(directory).mount?.type ?? "unknown";
}
