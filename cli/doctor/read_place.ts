import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { findMount, type Mount } from "./find_mount.ts";

/** What is known of where a directory is. */
export interface Place {
  /** Its absolute path, free of links. */
  readonly path: string;
  /** Where that is mounted; absent where nobody says, as outside of Linux. */
  readonly mount?: Mount;
  /**
   * What the device says of its write cache: `"write back"`, so a sync has to
   * flush it, or `"write through"`, so there is none, or none to worry about.
   */
  readonly writeCache?: string;
}

/** Looks at where `directory` is; what cannot be read is left out. */
export function readPlace(directory: string): Place {
  const path = realpathSync(directory);
  const text = tryRead("/proc/self/mountinfo");
  const mount = text === undefined ? undefined : findMount(text, path);
  if (mount === undefined) return { path };
  const writeCache = readWriteCache(mount.device);
  return { path, mount, ...(writeCache !== undefined && { writeCache }) };
}

/** A partition has no queue of its own: its disk does, which is above it. */
function readWriteCache(device: string): string | undefined {
  try {
    const block = realpathSync(`/sys/dev/block/${device}`);
    return tryRead(join(block, "queue/write_cache")) ??
      tryRead(join(block, "../queue/write_cache"));
  } catch {
    return undefined;
  }
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
