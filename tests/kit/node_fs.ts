import { cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Makes a directory and its parents, unless it is there already. */
export async function ensureDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
}

/** Makes a directory, or removes everything inside it. */
export async function emptyDir(dir: string): Promise<void> {
  await ensureDir(dir);
  for (const name of await readdir(dir)) {
    await rm(join(dir, name), { recursive: true, force: true });
  }
}

/** What {@linkcode exists} asks for beyond existence. */
export interface ExistsOptions {
  /** Whether the path must be a directory. */
  isDirectory?: boolean;
  /** Whether the path must be a file. */
  isFile?: boolean;
}

/** Tells whether a path exists, and is of the kind that is asked for. */
export async function exists(
  path: string,
  options: ExistsOptions = {},
): Promise<boolean> {
  const found = await stat(path).catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return false;
  if (options.isDirectory) return found.isDirectory();
  return options.isFile ? found.isFile() : true;
}

/** Copies a file, or a directory with what is in it; never overwrites. */
export async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, force: false, errorOnExist: true });
}
