import { parseUnfinished } from "../storage/format/segment_name.ts";
import { StorageError } from "../storage/storage_error.ts";
import type { Storage } from "../storage/storage.ts";
import type { Survey } from "./survey.ts";

/**
 * Removes segments whose making was cut short, of this opening's `epoch` or
 * before. Those of a later one belong to an owner that has overtaken this one
 * and is about to finish them.
 */
export async function removeUnfinished(
  storage: Storage,
  { unfinished }: Survey,
  epoch: number,
): Promise<void> {
  for (const name of unfinished) {
    if (parseUnfinished(name)!.epoch > epoch) continue;
    try {
      await storage.remove(name);
    } catch (error) {
      // Somebody else who recovers was faster.
      if (!(error instanceof StorageError && error.code === "ENOENT")) {
        throw error;
      }
    }
  }
  await storage.syncDirectory();
}
