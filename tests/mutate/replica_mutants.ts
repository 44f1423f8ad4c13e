import type { Mutant } from "./mutant.ts";

const replicated = (name: string): Mutant["caughtBy"] => ({
  file: "tests/replicate/replicate_test.ts",
  name,
});

const parted = (name: string): Mutant["caughtBy"] => ({
  file: "tests/replicate/diverging_test.ts",
  name,
});

const outlived = (name: string): Mutant["caughtBy"] => ({
  file: "tests/replicate/replica_faults_test.ts",
  name,
});

const restored = (name: string): Mutant["caughtBy"] => ({
  file: "tests/replicate/restore_replica_test.ts",
  name,
});

/** Bugs of replicas, and of what is restored from them. */
export const replicaMutants: readonly Mutant[] = [
  {
    name: "opens a replica again after it was fenced there",
    edits: [{
      file: "replicate/judge_failure.ts",
      find:
        'if (error instanceof FencedError) return { state: "fenced", error, atOnce };',
      replace: "",
    }],
    caughtBy: outlived(
      "a FencedError is final: a replica does not open the engine again",
    ),
  },
  {
    name: "does not look whether a replica has another owner by now",
    edits: [{
      file: "replicate/open_replica.ts",
      find: "if (epoch > most) {",
      replace: "if (epoch > most && most < 0) {",
    }],
    caughtBy: replicated(
      "replicate() does not fence a successor after a failure of its own",
    ),
  },
  {
    name: "acknowledges a record that the replica may not have",
    edits: [{
      file: "log/attached_replica.ts",
      find:
        "await replica.waitFor(lastOf(answer), { signal: options.signal });",
      replace: "",
    }],
    caughtBy: replicated(
      'append() with ack: "remote" resolves once the record is in both places',
    ),
  },
  {
    name: "takes a replica from another log without being told to",
    edits: [{
      file: "replicate/open_replica.ts",
      find: "if (!earlier.takeOver) throw notMine(place, found, earlier);",
      replace: "",
    }],
    caughtBy: replicated(
      "replicate() refuses the replica of another log, unless it takes over",
    ),
  },
  {
    name: "continues a replica that has other records",
    edits: [{
      file: "replicate/open_replica.ts",
      find: "if (lsn === undefined) return;",
      replace: "if (lsn !== 0) return;",
    }],
    caughtBy: replicated(
      "replicate() refuses a replica that has other records, or more",
    ),
  },
  {
    name: "lets a log drop what its replica lacks",
    edits: [{
      file: "replicate/replica.ts",
      find: "<= holdBytes) return next;",
      replace: "<= holdBytes) return lsn;",
    }],
    caughtBy: replicated(
      "replicate() refuses to leave a gap, and holds back what would be one",
    ),
  },
  {
    name: "confirms a record by another one that had its LSN before a cut",
    edits: [{
      file: "replicate/replica.ts",
      find: "if (count === this.#cuts) return;",
      replace: "if (count >= this.#cuts) return;",
    }],
    caughtBy: parted(
      'ack: "remote" is never kept by a record that was cut off, or by its successor',
    ),
  },
  {
    name: "claims a replica before it is compared",
    edits: [{
      file: "replicate/open_replica.ts",
      find: "await requireContinued(place, observer);\n    // Not",
      replace: "// Not",
    }, {
      file: "replicate/open_replica.ts",
      find: "    return { isNew, lastLsn };\n  } finally",
      replace: "    await requireContinued(place, observer);\n" +
        "    return { isNew, lastLsn };\n  } finally",
    }],
    caughtBy: parted(
      "a takeover that is refused leaves the replica to its log",
    ),
  },
  {
    name: "begins to drop records of a replica while it still does",
    edits: [{
      file: "replicate/replica_session.ts",
      find: "this.#upkeepAt && !this.#keeping;",
      replace: "this.#upkeepAt;",
    }],
    caughtBy: outlived("a retention that hangs is not begun again"),
  },
  {
    name: "holds back records for a replica that has a gap already",
    edits: [{
      file: "replicate/replica.ts",
      find: "if (isKnown && next < this.#source.view.firstLsn) return lsn;",
      replace: "if (isKnown && next < 0) return lsn;",
    }],
    caughtBy: replicated("replicate() holds back no more than holdBytes"),
  },
  {
    name: "compares only the last records of a replica",
    edits: [{
      file: "replicate/open_replica.ts",
      find: "found.isSameTime || found.lsn",
      replace: "true || found.lsn",
    }],
    caughtBy: parted(
      "replicate() refuses a replica that parted from the log before many equal records",
    ),
  },
  {
    name: "reads faster than a replica takes it",
    edits: [{
      file: "replicate/replica_session.ts",
      find: "this.#inFlight.length >= this.#sender.depth",
      replace: "this.#inFlight.length >= 100",
    }],
    caughtBy: outlived(
      "a slow engine does not hold up the log, and has little in memory",
    ),
  },
  {
    name: "forgets a frame of a replica whose outcome is unknown",
    edits: [{
      file: "replicate/replica_session.ts",
      find: "}).catch((error) => this.#fail(error));",
      replace: "}).catch(() => this.#inFlight.shift());",
    }],
    caughtBy: outlived(
      "a replica gets everything once, whatever call fails, hangs or loses its answer",
    ),
  },
  {
    name: "lets a restored part of a replica be opened as a log",
    edits: [{
      file: "replicate/restored_part.ts",
      find: "durableLsn: lastLsn + 1,",
      replace: "",
    }],
    caughtBy: restored(
      "restoreReplica() goes on after a kill or a power loss at every call",
    ),
  },
  {
    name: "names a segment of a replica before it is synced",
    edits: [{
      file: "replicate/segment_files.ts",
      find: "await open.file.datasync();",
      replace: "",
    }],
    caughtBy: restored("restoreReplica() makes a log up to every record"),
  },
  {
    name: "continues with a part of another replica",
    edits: [{
      file: "replicate/restore_replica.ts",
      find: "await this.#requireSame(found);",
      replace: "",
    }],
    caughtBy: restored(
      "restoreReplica() does not go on with a part of another replica, or a damaged one",
    ),
  },
];
