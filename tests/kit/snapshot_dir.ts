import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Every file below a directory by its path, with its bytes in hexadecimal. */
export async function snapshotDir(dir: string): Promise<[string, string][]> {
  const files: [string, string][] = [];
  const entries = await readdir(dir, { withFileTypes: true });
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) files.push(...await snapshotDir(path));
    else files.push([path, (await readFile(path)).toString("hex")]);
  }
  return files;
}
