import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../storage/storage.ts";
import type { StoragePlace } from "../../testing/contract/storage_under_test.ts";

/** A directory that does not exist yet, and neither does its parent. */
export async function directoryPlace(
  open: (directory: string) => Storage,
): Promise<StoragePlace> {
  const parent = await mkdtemp(join(tmpdir(), "syncline-"));
  const again = () => open(join(parent, "above", "log"));
  const dispose = () =>
    rm(parent, { recursive: true, force: true, maxRetries: 3 });
  return { storage: again(), again, dispose };
}
