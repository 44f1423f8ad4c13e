import { StorageError } from "../storage/storage_error.ts";

const ATTEMPTS = 10;

/**
 * Acts again if a file was gone that had just been listed: the owner of the log
 * has dropped it, or another owner took over.
 */
export async function retryIfGone<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!isGone(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Whether an error says that a file is not there any more. */
export function isGone(error: unknown): boolean {
  return error instanceof StorageError && error.code === "ENOENT";
}
