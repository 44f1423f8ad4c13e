/**
 * Backups of a log while it is written to, incremental from the second one on,
 * and restoring one to an LSN or a time.
 *
 * @module
 */
export { BackupError, type BackupProblem } from "./backup_error.ts";
export {
  backupLog,
  type BackupOptions,
  type BackupReport,
} from "./backup_log.ts";
export {
  restoreBackup,
  type RestoreOptions,
  type RestoreReport,
} from "./restore_backup.ts";
