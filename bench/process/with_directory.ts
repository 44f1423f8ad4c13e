import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Runs `body` with an empty directory, which is gone afterwards. */
export async function withDirectory<T>(
  parent: string,
  body: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(parent, "s"));
  try {
    return await body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
