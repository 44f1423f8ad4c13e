/**
 * Backups of a log while it is written to. The first one copies everything, later
 * ones only what is new; each is a consistent state of the log at one instant. A
 * backup can be restored to an LSN or a time.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { backupLog, restoreBackup } from "@syncline/wal/backup";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const log = new MemoryStorage(); // or a directory, like the other two
 * const backup = new MemoryStorage();
 * const wal = await Wal.open(log);
 * await wal.appendBatch(["one", "two", "three"]);
 * await wal.close(); // not necessary
 *
 * assert.equal((await backupLog(log, backup)).lastLsn, 3);
 * assert.equal((await backupLog(log, backup)).copiedBytes, 0); // nothing is new
 *
 * const restored = new MemoryStorage();
 * const { lastLsn } = await restoreBackup(backup, restored, { lsn: 2 });
 * assert.equal(lastLsn, 2);
 * ```
 *
 * - {@linkcode backupLog} copies a log, from any process, and resolves with a
 *   {@linkcode BackupReport}; `Wal.backup` does so in the process of the writer.
 * - {@linkcode restoreBackup} makes a log of a backup.
 * - {@linkcode BackupError} says why a backup was refused, such as because the
 *   target holds another log.
 *
 * **Limits.** A backup from another process holds what the log declares durable,
 * which may lack the last record of a busy moment. A backup on the same device
 * does not survive that device. Do not open a backup for writing: restore it.
 *
 * **Read next:** [Backups](https://github.com/syncline/wal/blob/main/docs/backup.md), and `wal backup` in
 * [Command line](https://github.com/syncline/wal/blob/main/docs/cli.md).
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
