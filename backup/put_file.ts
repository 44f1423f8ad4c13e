import { removeQuietly } from "../storage/segments/mod.ts";
import type { Storage, StorageFile } from "../storage/storage.ts";

/**
 * Writes a file under a temporary name, and syncs it. If it fails, nothing of
 * the file is left.
 */
export async function stageFile<Result>(
  target: Storage,
  temporary: string,
  fill: (file: StorageFile) => Promise<Result>,
): Promise<Result> {
  await removeQuietly(target, temporary);
  try {
    const file = await target.open(temporary, "create");
    try {
      const result = await fill(file);
      await file.datasync();
      return result;
    } finally {
      await file.close();
    }
  } catch (error) {
    await removeQuietly(target, temporary);
    throw error;
  }
}

/**
 * The same, but then gives the file its name; it replaces a file of that name.
 * The name is durable after the next `syncDirectory`.
 */
export async function putFile<Result>(
  target: Storage,
  name: string,
  fill: (file: StorageFile) => Promise<Result>,
  temporary = `${name}.tmp`,
): Promise<Result> {
  const result = await stageFile(target, temporary, fill);
  await target.rename(temporary, name);
  return result;
}
