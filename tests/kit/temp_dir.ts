import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Lends a fresh directory to a function and removes it afterwards, with all
 * that is in it, whether the function succeeded or not.
 *
 * @param use Receives the absolute path of the empty directory.
 * @returns What `use` returned.
 */
export async function withTempDir<Result>(
  use: (dir: string) => Result | Promise<Result>,
): Promise<Result> {
  const dir = await mkdtemp(join(tmpdir(), "syncline-"));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}
