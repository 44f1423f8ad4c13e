import { requireHeld } from "../storage/fenced_error.ts";
import { formatOriginalName } from "../storage/format/segment_name.ts";
import { readFully } from "../storage/segment_reader.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { removeFiles } from "./remove_files.ts";

const STEP_BYTES = 1024 * 1024;

/**
 * Gives a file that is no part of the log any more the name under which its
 * bytes are kept, and returns that name; durable then. What is kept already
 * stays: the same from a repair that was interrupted will do, a different one
 * is evidence of its own.
 */
export async function keepOriginal(
  storage: Storage,
  lock: StorageLock,
  file: string,
  originals: readonly string[],
): Promise<string> {
  await requireHeld(storage.location, lock);
  let number = 1;
  let name = formatOriginalName(file, number);
  while (originals.includes(name)) {
    if (await isCopy(storage, file, name)) break;
    name = formatOriginalName(file, ++number);
  }
  if (!originals.includes(name)) await storage.link(file, name);
  // Only then may the other name go: a crash must not lose both.
  await storage.syncDirectory();
  await removeFiles(storage, [{ name: file }]);
  return name;
}

/** The name that {@linkcode keepOriginal} gives to a file that is new. */
export function nextOriginal(
  file: string,
  originals: readonly string[],
): string {
  let number = 1;
  while (originals.includes(formatOriginalName(file, number))) number++;
  return formatOriginalName(file, number);
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
