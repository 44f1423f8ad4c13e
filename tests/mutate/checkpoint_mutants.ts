import type { Mutant } from "./mutant.ts";

const crash = (workload: string, device = "posix"): Mutant["caughtBy"] => ({
  file: "tests/checkpoint/crash_test.ts",
  name:
    `Wal.checkpoint() and Cursor keep their promises: ${workload}; ${device}`,
});

/** In which every state is tried, but only one crash. */
const everyState: Mutant["caughtBy"] = {
  file: "tests/checkpoint/crash_test.ts",
  name:
    "Wal.checkpoint() keeps its promises in every state that a crash can leave",
};

const unsynced = crash("a checkpoint of records that are not synced");
const consumer = crash("a consumer that commits");
const behind = crash("a consumer behind checkpoints");

/** Bugs of checkpoints and cursors. */
export const checkpointMutants: readonly Mutant[] = [
  {
    name: "commits a cursor without a sync",
    edits: [{
      file: "reader/cursors/cursor_file.ts",
      find: "await file.datasync();\n    await this.#confirm",
      replace: "await this.#confirm",
    }],
    caughtBy: consumer,
  },
  {
    name: "does not sync the directory after a cursor is made",
    edits: [{
      file: "reader/cursors/cursor_file.ts",
      find:
        "throw explainFull(error);\n    }\n    await files.syncDirectory();",
      replace: "throw explainFull(error);\n    }",
    }],
    caughtBy: {
      file: "tests/reader/cursors/cursor_test.ts",
      name:
        "Cursor.commit() is where the next consumer begins, however the last one ended",
    },
  },
  {
    name: "does not sync a cursor before it gets its name",
    edits: [{
      file: "reader/cursors/cursor_file.ts",
      find: "await file.datasync();\n      } finally",
      replace: "} finally",
    }],
    caughtBy: consumer,
  },
  {
    name: "overwrites the only commit that is certainly durable",
    edits: [{
      file: "storage/format/companions/cursor_file.ts",
      find: "commit.sequence < confirmed ||",
      replace: "commit.sequence <= confirmed ||",
    }],
    caughtBy: {
      file: "tests/reader/cursors/cursor_file_test.ts",
      name: "CursorFile never loses a commit, whatever fails and dies",
    },
  },
  {
    name: "overwrites a commit of a cursor that may be durable",
    edits: [{
      file: "storage/format/companions/cursor_file.ts",
      find: "commit.sequence < confirmed ||",
      replace: "commit.sequence !== confirmed ||",
    }],
    caughtBy: {
      file: "tests/reader/cursors/cursor_file_test.ts",
      name: "CursorFile never loses a commit, whatever fails and dies",
    },
  },
  {
    name: "takes what a killed consumer had left for durable",
    edits: [{
      file: "reader/cursors/cursor.ts",
      find: "lsn === least && this.#isDurable",
      replace: "lsn === least",
    }],
    caughtBy: {
      file: "tests/reader/cursors/cursor_test.ts",
      name: "Cursor.commit() makes durable what a killed consumer had left",
    },
  },
  {
    name: "drops what a commit that is not durable does not need",
    edits: [{
      file: "storage/format/companions/cursor_file.ts",
      find: "one === newest || one.sequence >= confirmed",
      replace: "one === newest",
    }],
    caughtBy: {
      file: "tests/reader/cursors/hold_back_test.ts",
      name: "Wal.truncateBefore() never relies on a commit that is not durable",
    },
  },
  {
    name: "leaves a cursor behind because of a place that it is not at",
    edits: [{
      file: "reader/cursors/hold_back.ts",
      find:
        ".filter((lsn) => lsn >= firstLsn),\n    );\n    return from === Infinity",
      replace: ",\n    );\n    return from < firstLsn",
    }],
    caughtBy: behind,
  },
  {
    name: "checkpoints without a flush",
    edits: [{
      file: "checkpoint/checkpoint.ts",
      find: "await this.#writer.flush()",
      replace: "this.#writer.lastLsn",
    }],
    caughtBy: unsynced,
  },
  {
    name: "does not sync a snapshot",
    edits: [{
      file: "checkpoint/write_snapshot.ts",
      find: "await writeAll(file, header, 0);\n      await file.datasync();",
      replace: "await writeAll(file, header, 0);",
    }],
    caughtBy: unsynced,
  },
  {
    name: "does not sync the directory after a snapshot is made",
    edits: [{
      file: "checkpoint/write_snapshot.ts",
      find: "await files.syncDirectory();\n  return length;",
      replace: "return length;",
    }],
    caughtBy: everyState,
  },
  {
    name: "drops records before their snapshot is durable",
    edits: [{
      file: "checkpoint/checkpoint.ts",
      find: "const about = { log, epoch, lsn: covered };",
      replace:
        "const about = { log, epoch, lsn: covered };\n    await this.#drop(covered + 1);",
    }],
    caughtBy: everyState,
  },
  {
    name: "removes older snapshots before records are dropped",
    edits: [{
      file: "checkpoint/checkpoint.ts",
      find: "const bytes = await writeSnapshot(",
      replace:
        "await removeFiles(files, await findSnapshots(files));\n    const bytes = await writeSnapshot(",
    }],
    caughtBy: crash("checkpoints across segments"),
  },
  {
    name:
      "reuses the last segment of its epoch while its old name may come back",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find:
        "await this.files.syncDirectory();\n    await this.#removeDropped();",
      replace: "await this.#removeDropped();",
    }],
    caughtBy: everyState,
  },
  {
    name: "drops what a snapshot covered before the log was cut back",
    edits: [{
      file: "checkpoint/checkpoint.ts",
      find: "if (cutTo < about.lsn) {",
      replace: "if (cutTo < 0) {",
    }],
    caughtBy: {
      file: "tests/checkpoint/checkpoint_test.ts",
      name:
        "Wal.checkpoint() drops nothing if its records are cut off meanwhile",
    },
  },
  {
    name: "continues a cursor whose records were cut off while it was closed",
    edits: [{
      file: "reader/cursors/cursor.ts",
      find: "Math.min(identity.lowestSince(place.epoch), end)",
      replace: "end",
    }],
    caughtBy: {
      file: "tests/reader/cursors/cursor_test.ts",
      name: "Wal.cursor() notices a cut that happened while nobody had it open",
    },
  },
  {
    name: "notes an epoch before a cut that a reader has not seen",
    edits: [{
      file: "reader/cursors/cursor.ts",
      find: "if (isWriter && cuts === this.#cuts) return;",
      replace: "if (isWriter || cuts === this.#cuts) return;",
    }],
    caughtBy: {
      file: "tests/checkpoint/crash_test.ts",
      name:
        "Cursor keeps its promises to a reader that has not looked since a cut",
    },
  },
  {
    name: "restores from a snapshot without checking its content",
    edits: [{
      file: "checkpoint/restore.ts",
      find:
        "const reason = whyNotContinued(file.header, place) ??\n        await checkOrClose(file);",
      replace: "const reason = whyNotContinued(file.header, place);",
    }],
    caughtBy: {
      file: "tests/checkpoint/restore_test.ts",
      name:
        "LogView.restore() finds a flipped bit anywhere, before the caller trusts it",
    },
  },
];
