import type { Mutant } from "./mutant.ts";

const crash = (workload: string): Mutant["caughtBy"] => ({
  file: "tests/backup/backup_crash_test.ts",
  name: `backupLog() can die at any moment: ${workload}`,
});

/** Bugs of backups. */
export const backupMutants: readonly Mutant[] = [
  {
    name: "does not sync what a backup copies",
    edits: [{
      file: "backup/put_file.ts",
      find: "await file.datasync();",
      replace: "",
    }],
    caughtBy: crash("a log that grows"),
  },
  {
    name: "does not sync what a backup adds to its last segment",
    edits: [{
      file: "backup/segment_copier.ts",
      find: "await file.datasync();",
      replace: "",
    }],
    caughtBy: crash("a segment that grows"),
  },
  {
    name: "declares a backup before the names of its segments are durable",
    edits: [{
      file: "backup/mirror.ts",
      find:
        "...this.#segments]);\n    await this.#place.target.syncDirectory();",
      replace: "...this.#segments]);",
    }, {
      file: "backup/backup_log.ts",
      find: "await target.syncDirectory();\n      signal",
      replace: "signal",
    }],
    caughtBy: crash("a log that grows"),
  },
  {
    name: "shows what a backup adds before it is complete",
    edits: [{
      file: "backup/mirror.ts",
      find: "all.map(({ epoch }) => epoch + 1);",
      replace: "all.map(({ epoch }) => epoch);",
    }],
    caughtBy: crash("a log of which nothing is left"),
  },
  {
    name: "puts a rewritten segment into a backup without announcing it",
    edits: [{
      file: "backup/mirror.ts",
      find:
        "durableLsn: Math.min(this.#lastLsn, staged.walked.place.nextLsn - 1),",
      replace: "durableLsn: this.#lastLsn,",
    }],
    caughtBy: crash("a cut of everything"),
  },
  {
    name: "removes what a log has dropped before the new state is durable",
    edits: [{
      file: "backup/mirror.ts",
      find: "[...end.segments, ...this.#segments]",
      replace: "[...end.segments]",
    }],
    caughtBy: crash("checkpoints"),
  },
  {
    name: "extends a file of a backup that has a second name",
    edits: [{
      file: "backup/segment_copier.ts",
      find: "(await file.links?.() ?? 1) > 1",
      replace: "false",
    }],
    caughtBy: {
      file: "tests/backup/backup_log_test.ts",
      name: "backupLog() changes no file that has a second name",
    },
  },
  {
    name: "believes that a segment of other records continues a backup",
    edits: [{
      file: "backup/segment_copier.ts",
      find: "return mine.value === digest.value;",
      replace: "return true;",
    }],
    caughtBy: {
      file: "tests/backup/backup_damage_test.ts",
      name: "backupLog() refuses a log that does not continue the backup",
    },
  },
  {
    name: "copies a snapshot of records that the backup does not have",
    edits: [{
      file: "backup/backup_log.ts",
      find: "name.lsn <= end.lastLsn",
      replace: "true",
    }, {
      file: "backup/companions.ts",
      find: "if (reason === undefined) fitting",
      replace: "if (reason === undefined || true) fitting",
    }],
    caughtBy: {
      file: "tests/backup/backup_steps_test.ts",
      name:
        "backupLog() copies one instant with a checkpoint that drops nothing at any moment",
    },
  },
  {
    name: "leaves a restored cursor beyond the last record",
    edits: [{
      file: "backup/companions.ts",
      find: "Math.min(newest.lsn, lastLsn)",
      replace: "newest.lsn",
    }],
    caughtBy: {
      file: "tests/backup/restore_backup_test.ts",
      name:
        "restoreBackup() brings the snapshots and cursors that fit, and sets cursors back",
    },
  },
  {
    name: "leaves out a snapshot of what no frame declares durable",
    edits: [{
      file: "backup/source_log.ts",
      find: "Math.max(firstLsn - 1, durableLsn, provenLsn)",
      replace: "Math.max(firstLsn - 1, durableLsn)",
    }],
    caughtBy: {
      file: "tests/backup/backup_log_test.ts",
      name:
        "backupLog() takes a snapshot for a proof that what it covers is durable",
    },
  },
  {
    name: "takes a restored log for archived",
    edits: [{
      file: "backup/restore_backup.ts",
      find: "    cursors.delete(formatCursorName(ARCHIVE_CURSOR));\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/backup/restore_backup_test.ts",
      name: "restoreBackup() leaves out how far the original is archived",
    },
  },
];
