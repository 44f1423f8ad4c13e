import type { Storage } from "./storage.ts";
import { StorageError } from "./storage_error.ts";

/** Removes a file, unless somebody else has removed it already. */
export async function removeIfThere(
  storage: Storage,
  name: string,
): Promise<void> {
  try {
    await storage.remove(name);
  } catch (error) {
    if (!(error instanceof StorageError && error.code === "ENOENT")) {
      throw error;
    }
  }
}

/** Removes a file if that is possible; what remains the next opening takes. */
export async function removeQuietly(
  storage: Storage,
  name: string,
): Promise<void> {
  try {
    await storage.remove(name);
  } catch {
    // It was not even made, or cannot be removed now.
  }
}
