import type { Mutant } from "./mutant.ts";

const replicated = (name: string): Mutant["caughtBy"] => ({
  file: "tests/replicate/replicate_test.ts",
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
      file: "replicate/replica.ts",
      find: "await this.waitFor(lastOf(answer), { signal });",
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
    name: "reads faster than a replica takes it",
    edits: [{
      file: "replicate/replica_session.ts",
      find: "this.#inFlight >= this.#sender.depth",
      replace: "this.#inFlight >= 100",
    }],
    caughtBy: outlived(
      "a slow engine does not hold up the log, and has little in memory",
    ),
  },
  {
    name: "forgets a frame of a replica whose outcome is unknown",
    edits: [{
      file: "replicate/replica_session.ts",
      find: "}, (error) => this.#fail(error));\n  }\n\n  /** Keeps memory",
      replace: "}, () => this.#inFlight--);\n  }\n\n  /** Keeps memory",
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
