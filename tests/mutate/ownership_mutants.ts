import type { Mutant } from "./mutant.ts";

/** Bugs of the lock. */
export const ownershipMutants: readonly Mutant[] = [
  {
    name: "says that a file is missing where a taker has removed it",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "  lost.cause = error;\n  return lost;",
      replace: "  return error;",
    }],
    caughtBy: {
      file: "tests/recovery/takeover_test.ts",
      name:
        "Wal.open() that is displaced at any call takes nothing from the taker",
    },
  },
  {
    name: "takes a lock that somebody has",
    edits: [{
      file: "storage/directory/lock_file.ts",
      find: "if (highest > 0 && !takeOver) refuseIfOwned(",
      replace: "if (highest < 0 && !takeOver) refuseIfOwned(",
    }],
    caughtBy: {
      file: "tests/storage/directory/lock_file_test.ts",
      name: "Wal.open() refuses a second opener and names the first",
    },
  },
  {
    name: "mistakes any file at its lock's path for its lock",
    edits: [{
      file: "storage/directory/lock_proof.ts",
      find: "return isSameFile(found, file);",
      replace: "return found !== undefined;",
    }],
    caughtBy: {
      file: "tests/storage/directory/lock_owner_test.ts",
      name: "Wal acks nothing when a copy of its lock is at its path",
    },
  },
  {
    name: "holds its lock as long as the file has a link anywhere",
    edits: [{
      file: "storage/directory/lock_file.ts",
      find: "return isLockHeld(this.proof, this.#stat);",
      replace: "return isLockHeld(this.proof, this.#stat) ||\n" +
        "      fs.fstatSync(this.#descriptor).nlink > 0;",
    }],
    caughtBy: {
      file: "tests/storage/directory/lock_owner_test.ts",
      name: "Wal acks nothing when displaced while its lock has another link",
    },
  },
  {
    name: "does not go above the epoch that a lock is asked for",
    edits: [{
      file: "storage/directory/lock_file.ts",
      find: "const epoch = Math.max(next, above + 1);",
      replace: "const epoch = next;",
    }],
    caughtBy: {
      file: "tests/testing/contract/storage_contract_test.ts",
      name: "NodeStorage: lock() makes the epoch higher than above",
    },
  },
  {
    name: "contends for a higher number than others do",
    edits: [{
      file: "storage/directory/lock_file.ts",
      find: "for (const number of new Set([next, epoch])) {",
      replace: "for (const number of [epoch]) {",
    }],
    caughtBy: {
      file: "tests/storage/directory/lock_file_test.ts",
      name: "acquireLock() contends for the next number when it goes above it",
    },
  },
  {
    name: "believes a lock that was copied with the directory",
    edits: [{
      file: "storage/directory/lock_owner.ts",
      find: "if (isCopy(said, place, isSameBoot(said))) return;",
      replace: "",
    }],
    caughtBy: {
      file: "tests/storage/directory/lock_owner_test.ts",
      name: "Wal.open() opens a link of a log that is open",
    },
  },
  {
    name: "mistakes a terminated thread for a living owner",
    edits: [{
      file: "storage/directory/lock_owner.ts",
      find: 'return hasEnded(owner) ? "dead" : "alive";',
      replace: 'return "alive";',
    }],
    caughtBy: {
      file: "tests/storage/directory/lock_file_test.ts",
      name: "Wal.open() takes over when the owner's thread has ended",
    },
  },
  {
    name: "lets a displaced owner name a segment once all were looked for",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "const isAny = unfinished.some((file) => file.epoch <= epoch);",
      replace: "const isAny = unfinished.some((file) => file.epoch < -epoch);",
    }],
    caughtBy: {
      file: "tests/recovery/takeover_test.ts",
      name:
        "Wal.truncateAfter() whose segment gets its name at any call of a taker harms nobody",
    },
  },
];
