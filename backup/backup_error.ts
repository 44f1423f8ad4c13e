/** Why a backup or a restore was refused. */
export type BackupProblem =
  /** There is no log at the source. */
  | "no-log"
  /** The target of a restore holds files. */
  | "not-empty"
  /** The target holds files, and they are not a backup, or no longer one. */
  | "not-a-backup"
  /** The target holds the backup of another log. */
  | "other-log"
  /** The log is not a continuation of what the target holds. */
  | "not-continued";

/**
 * Thrown if a backup or a restore is refused because of what a directory holds.
 * Nothing that was there is changed.
 */
export class BackupError extends Error {
  /** The class's name. */
  override readonly name = "BackupError";

  /** Creates the error for one directory. */
  constructor(
    /** What was refused, as in "back up to". */
    action: string,
    /** Where the directory is. */
    readonly location: string,
    /** Why, for programs. */
    readonly problem: BackupProblem,
    reason: string,
  ) {
    super(`Cannot ${action} "${location}" because ${reason}`);
  }
}
