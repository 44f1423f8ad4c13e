import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the demonstration or a benchmark writes. */
export interface Place {
  /** A directory of its own. */
  readonly directory: string;
  /** The type of the file system that it is on, such as `"ext4"`. */
  readonly fileSystem: string;
  /** Why it is not below the system's temporary directory, if it is not. */
  readonly reason?: string;
}

const BUILD = fileURLToPath(new URL("../.build", import.meta.url));

/** Makes a directory on a disk: a temporary one, unless that is in memory. */
export async function makePlace(name = "demo"): Promise<Place> {
  const temporary = await fileSystemOf(tmpdir());
  if (!isMemory(temporary)) {
    return {
      directory: await makeBelow(tmpdir(), name),
      fileSystem: temporary,
    };
  }
  await mkdir(BUILD, { recursive: true });
  return {
    directory: await makeBelow(BUILD, name),
    fileSystem: await fileSystemOf(BUILD),
    reason: `${tmpdir()} is ${temporary}, where a sync costs nothing`,
  };
}

/** Removes the directory with all that is in it. */
export async function removePlace({ directory }: Place): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Whether files there are in memory only. */
export function isMemory(fileSystem: string): boolean {
  return fileSystem === "tmpfs" || fileSystem === "ramfs";
}

function makeBelow(parent: string, name: string): Promise<string> {
  return mkdtemp(join(parent, `syncline-${name}-`));
}

/** Of the mounts that hold `path`, the longest is the one; Linux only. */
async function fileSystemOf(path: string): Promise<string> {
  let mounts: string;
  try {
    mounts = await readFile("/proc/self/mounts", "utf8");
  } catch {
    return "not known";
  }
  let longest = "";
  let found = "not known";
  for (const mount of mounts.split("\n")) {
    const [, at = "", type = ""] = mount.split(" ");
    const below = at.endsWith("/") ? at : `${at}/`;
    const holds = at !== "" && `${path}/`.startsWith(below);
    if (holds && at.length >= longest.length) [longest, found] = [at, type];
  }
  return found;
}
