import { formatOriginalName } from "../../storage/format/mod.ts";
import {
  readFully,
  removeFiles,
  requireHeld,
} from "../../storage/segments/mod.ts";
import type { Storage, StorageLock } from "../../storage/storage.ts";
import { Pace } from "../../storage/turns.ts";

const STEP_BYTES = 64 * 1024;

/**
 * Renames a file that is no longer part of the log to the name under which its
 * bytes are kept. Resolves with that name once it is durable.
 */
export async function keepOriginal(
  storage: Storage,
  lock: StorageLock,
  file: string,
  originals: readonly string[],
): Promise<string> {
  const name = await linkOriginal(storage, lock, file, originals);
  // Another owner may be reading it by now.
  await requireHeld(storage.location, lock);
  await removeFiles(storage, [{ name: file }]);
  return name;
}

/**
 * Keeps a file's bytes under a second name, and resolves with that name once it
 * is durable. From then on the first name may be removed.
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
 * The name under which to keep a file's bytes. Files already kept stay: one
 * with the same bytes, from an interrupted repair, will do; a different one is
 * separate evidence.
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
    const pace = new Pace();
    for (let at = 0; at < size; at += STEP_BYTES) {
      const bytes = await readFully(file, at, STEP_BYTES);
      const copy = await readFully(kept, at, STEP_BYTES);
      if (!bytes.every((byte, index) => byte === copy[index])) return false;
      await pace.spend(STEP_BYTES);
    }
    return true;
  } finally {
    await file.close();
    await kept.close();
  }
}
