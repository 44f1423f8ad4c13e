import { requireHeld } from "../storage/fenced_error.ts";
import { formatOriginalName } from "../storage/format/segment_name.ts";
import { readFully } from "../storage/segment_reader.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { removeFiles } from "./remove_files.ts";

const STEP_BYTES = 1024 * 1024;

/**
 * Gives a file that is no part of the log any more the name under which its
 * bytes are kept, and returns that name; durable then.
 */
export async function keepOriginal(
  storage: Storage,
  lock: StorageLock,
  file: string,
  originals: readonly string[],
): Promise<string> {
  const name = await linkOriginal(storage, lock, file, originals);
  // Another owner may be looking at it by now.
  await requireHeld(storage.location, lock);
  await removeFiles(storage, [{ name: file }]);
  return name;
}

/**
 * Keeps a file's bytes under a second name, and returns that; durable then. A
 * crash may lose either name from now on, but not both.
 */
export async function linkOriginal(
  storage: Storage,
  lock: StorageLock,
  file: string,
  originals: readonly string[],
): Promise<string> {
  const name = await findOriginalName(storage, file, originals);
  await requireHeld(storage.location, lock);
  if (!originals.includes(name)) await storage.link(file, name);
  await storage.syncDirectory();
  return name;
}

/**
 * The name under which a file's bytes are kept. What is kept already stays: the
 * same from a repair that was interrupted will do, a different one is evidence
 * of its own.
 */
export async function findOriginalName(
  storage: Storage,
  file: string,
  originals: readonly string[],
): Promise<string> {
  let number = 1;
  let name = formatOriginalName(file, number);
  while (originals.includes(name) && !await isCopy(storage, file, name)) {
    name = formatOriginalName(file, ++number);
  }
  return name;
}

async function isCopy(
  storage: Storage,
  source: string,
  name: string,
): Promise<boolean> {
  const [file, kept] = [
    await storage.open(source, "read"),
    await storage.open(name, "read"),
  ];
  try {
    const size = await file.size();
    if (await kept.size() !== size) return false;
    for (let at = 0; at < size; at += STEP_BYTES) {
      const bytes = await readFully(file, at, STEP_BYTES);
      const copy = await readFully(kept, at, STEP_BYTES);
      if (!bytes.every((byte, index) => byte === copy[index])) return false;
    }
    return true;
  } finally {
    await file.close();
    await kept.close();
  }
}
