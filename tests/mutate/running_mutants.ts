import type { Mutant } from "./mutant.ts";

const MODEL = {
  file: "tests/writer/batching_model_test.ts",
  name: "configure() keeps the promises of what was appended before",
};

/** Bugs in what is done to a log while it runs: settings, and calls that block. */
export const runningMutants: readonly Mutant[] = [
  {
    name: "changes the policy without flushing what came before",
    edits: [{
      file: "writer/writer.ts",
      find: "    this.#flusher.demand(lsn);\n    if (level",
      replace: "    if (level",
    }],
    caughtBy: MODEL,
  },
  {
    name: "changes the time until syncs without syncing what came before",
    edits: [{
      file: "writer/writer.ts",
      find: 'const level = isOfAge ? "disk" : "os";',
      replace: 'const level = "os";',
    }],
    caughtBy: MODEL,
  },
  {
    name: "changes settings and forgets those that wait for room",
    edits: [{
      file: "writer/writer.ts",
      find: 'if (typeof last !== "number") {',
      replace: 'if (typeof last === "string") {',
    }],
    caughtBy: {
      file: "tests/simulator/differential_test.ts",
      name: "simulate() equals the writer when settings change, open loop",
    },
  },
  {
    name: "flushes without a turn and without a sync",
    edits: [{
      file: "storage/segments/blocking_log.ts",
      find: "    active.file.datasyncSync!();\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/wal_flush_sync_test.ts",
      name: "flushSync() makes durable what was appended, before it returns",
    },
  },
  {
    name: "acknowledges what a sync on another thread may still fail to sync",
    edits: [{
      file: "writer/flusher.ts",
      find: "if (flight !== undefined) return this.#sync.raise(writtenLsn);",
      replace: "",
    }],
    caughtBy: {
      file: "tests/wal_flush_sync_test.ts",
      name:
        "flushSync() acknowledges nothing at disk before a sync elsewhere ends",
    },
  },
  {
    name: "overtakes a flush before it has checked who owns the log",
    edits: [{
      file: "writer/flusher.ts",
      find: "      blocking.checkOwner();\n      if (flight.batch)",
      replace: "      if (flight.batch)",
    }],
    caughtBy: {
      file: "tests/wal_flush_sync_faults_test.ts",
      name:
        "flushSync() of a displaced owner acknowledges nothing that it had written",
    },
  },
  {
    name: "waits for an ack a microtask after a record has its place",
    edits: [{
      file: "writer/append_queue.ts",
      find: "    waiting.onPlaced?.(lsn);\n",
      replace: "    queueMicrotask(() => waiting.onPlaced?.(lsn));\n",
    }],
    caughtBy: {
      file: "tests/wal_flush_sync_faults_test.ts",
      name:
        "flushSync() on a full disk rejects what it has just let into the queue",
    },
  },
  {
    name: "adds records after metadata once the limits of a frame have changed",
    edits: [{
      file: "writer/batch.ts",
      find: "isEnded || this.#bounds.isReached",
      replace: "this.#bounds.isReached",
    }, {
      file: "writer/batch.ts",
      find:
        "    return this.#added(records.length, bytes, sync);\n  }\n\n  /** The version",
      replace: "    const lsn = this.#added(records.length, bytes, sync);\n" +
        "    if (this.#open.isEnded) this.#seal();\n" +
        "    return lsn;\n  }\n\n  /** The version",
    }],
    caughtBy: {
      file: "tests/wal_meta_test.ts",
      name:
        "append() with meta ends its frame, even if the limits of frames change",
    },
  },
  {
    name: "creates a segment in a call that blocks, and not its entry",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "  requireDone(sync.call(storage));\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/wal_flush_sync_test.ts",
      name: "flushSync() loses nothing, whatever a crash leaves: posix",
    },
  },
  {
    name: "gives back the flush of another record as a receipt",
    edits: [{
      file: "writer/receipts.ts",
      find: "const waiting = this.#waiting.get(lsn);",
      replace: "const waiting = this.#waiting.get(lsn + 1);",
    }],
    caughtBy: {
      file: "tests/writer/receipts_test.ts",
      name: "append() with receipt counts the time that it waited for room",
    },
  },
];
