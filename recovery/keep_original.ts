import { FencedError } from "../storage/fenced_error.ts";
import { formatOriginalName } from "../storage/format/segment_name.ts";
import { readFully } from "../storage/segment_reader.ts";
import type { Storage, StorageFile, StorageLock } from "../storage/storage.ts";
import { writeAll } from "../storage/write_all.ts";

const STEP_BYTES = 1024 * 1024;

/**
 * Copies a segment to where its original bytes are kept, and returns that name;
 * the copy is durable then, and under its name always whole. What is kept
 * already stays: a copy from a repair that was interrupted will do, a
 * different one is evidence of its own.
 */
export async function keepOriginal(
  storage: Storage,
  lock: StorageLock,
  segment: string,
  originals: readonly string[],
): Promise<string> {
  const source = await storage.open(segment, "read");
  try {
    for (let number = 1;; number++) {
      const name = formatOriginalName(segment, number);
      if (!originals.includes(name)) {
        await copyTo(storage, lock, source, `${segment}.tmp`, name);
        return name;
      }
      if (await isCopy(storage, source, name)) {
        await storage.syncDirectory();
        return name;
      }
    }
  } finally {
    await source.close();
  }
}

/** The name that {@linkcode keepOriginal} gives to a copy that is new. */
export function nextOriginal(
  segment: string,
  originals: readonly string[],
): string {
  let number = 1;
  while (originals.includes(formatOriginalName(segment, number))) number++;
  return formatOriginalName(segment, number);
}

/** Copies `from` up to, but not including, `end` of a file to another. */
export async function copyBytes(
  source: StorageFile,
  from: number,
  end: number,
  target: StorageFile,
  offset: number,
): Promise<void> {
  for (let at = from; at < end; at += STEP_BYTES) {
    const bytes = await readFully(source, at, Math.min(STEP_BYTES, end - at));
    await writeAll(target, bytes, offset + at - from);
  }
}

async function copyTo(
  storage: Storage,
  lock: StorageLock,
  source: StorageFile,
  temporary: string,
  name: string,
): Promise<void> {
  const file = await storage.open(temporary, "create");
  try {
    await copyBytes(source, 0, await source.size(), file, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  if (!await lock.held()) throw new FencedError(storage.location, lock.epoch);
  await storage.rename(temporary, name);
  await storage.syncDirectory();
}

async function isCopy(
  storage: Storage,
  source: StorageFile,
  name: string,
): Promise<boolean> {
  const file = await storage.open(name, "read");
  try {
    const size = await source.size();
    if (await file.size() !== size) return false;
    for (let at = 0; at < size; at += STEP_BYTES) {
      const bytes = await readFully(source, at, STEP_BYTES);
      const kept = await readFully(file, at, STEP_BYTES);
      if (!bytes.every((byte, index) => byte === kept[index])) return false;
    }
    return true;
  } finally {
    await file.close();
  }
}
