/** Whether `name` is a lock file, or one in the making; see `_lock_file.ts`. */
export function isLockFile(name: string): boolean {
  return /^\d{8,}\.lock(\.\d+\.tmp)?$/.test(name);
}
