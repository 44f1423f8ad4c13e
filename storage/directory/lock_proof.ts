import { StorageError } from "../storage_error.ts";
import { fs } from "./builtins.ts";

/** Identifies a file; bigints where doubles would round the numbers. */
export interface FileId {
  readonly dev: number | bigint;
  readonly ino: number | bigint;
}

/** What shows that a lock is held: the path of its file, and which file it is. */
export interface LockProof {
  readonly path: string;
  readonly file: FileId;
}

/** Whether the path still leads to the file; one cheap system call. */
export function isLockHeld(
  { path, file }: LockProof,
  stat: (path: string) => FileId | undefined = () => undefined,
): boolean {
  try {
    const found = typeof file.ino === "bigint"
      ? fs.statSync(path, { bigint: true })
      : stat(path) ?? fs.statSync(path);
    return isSameFile(found, file);
  } catch (error) {
    if (isMissing(error)) return false;
    throw StorageError.wrap("check", path, error);
  }
}

/** Whether both are the same file. */
export function isSameFile(one: FileId, other: FileId): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** Whether an error means that a path leads nowhere. */
export function isMissing(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "ENOENT" || code === "ENOTDIR";
}
