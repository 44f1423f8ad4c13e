import type { Mutant } from "./mutant.ts";

const COMMITS = "tests/storage/segments/threaded_commits_test.ts";
const WAL = "tests/wal_thread_test.ts";
const THREAD = "tests/storage/thread/flush_thread_test.ts";

const eachStep = {
  file: COMMITS,
  name:
    "ThreadedCommits goes on where a thread has ended, at each step of each task, at each level",
};

/** Bugs of the flush thread, and of going on without it. */
export const threadMutants: readonly Mutant[] = [
  {
    name: "acknowledges on a thread without a sync",
    edits: [{
      file: "storage/thread/commit_frame.ts",
      find: "    if (sync) {\n",
      replace: "    if (sync && frame === undefined) {\n",
    }],
    caughtBy: eachStep,
  },
  {
    name: "takes for synced what a thread was syncing when it ended",
    edits: [{
      file: "storage/segments/threaded_commits.ts",
      find: "if (sync && at < STAGE.synced) await",
      replace: "if (sync && at < STAGE.syncing) await",
    }, {
      file: "storage/segments/threaded_commits.ts",
      find: "const isThere = at === STAGE.written || at >= STAGE.synced;",
      replace: "const isThere = at === STAGE.written;",
    }],
    caughtBy: eachStep,
  },
  {
    name: "takes for written what a thread had only been handed",
    edits: [{
      file: "storage/segments/threaded_commits.ts",
      find:
        "if (at === STAGE.handed) return await this.#parts.log.append(draft);",
      replace: "if (at === STAGE.handed) at = STAGE.written;",
    }],
    caughtBy: eachStep,
  },
  {
    name: "makes another frame of one that a thread may have written",
    edits: [{
      file: "storage/segments/threaded_commits.ts",
      find: "if (at === STAGE.handed) return await",
      replace: "if (at < STAGE.synced) return await",
    }],
    caughtBy: {
      file: COMMITS,
      name:
        "ThreadedCommits writes the same bytes once more if a thread has ended while it wrote",
    },
  },
  {
    name: "goes on after a failed sync of its thread",
    edits: [{
      file: "storage/segments/threaded_commits.ts",
      find: "    if (at === STAGE.handed) return void",
      replace:
        "    if (at === STAGE.handed || at === STAGE.syncing) return void",
    }],
    caughtBy: {
      file: COMMITS,
      name:
        "ThreadedCommits stops the log for good if a sync fails on the thread, or after it",
    },
  },
  {
    name: "believes its thread that another owner has the lock, or not",
    edits: [{
      file: "storage/segments/threaded_commits.ts",
      find: "    if (!isHeld) {",
      replace: "    if (!isHeld && work.frame === undefined) {",
    }],
    caughtBy: {
      file: WAL,
      name: "Wal with a thread is fenced by another owner",
    },
  },
  {
    name: "opens on a thread whatever has the segment's name",
    edits: [{
      file: "storage/thread/flush_worker_source.ts",
      find: "if (file.identity() !== identity) {",
      replace: "if (file.identity() === name) {",
    }],
    caughtBy: {
      file: WAL,
      name: "Wal with a thread writes to no other log that is put in its place",
    },
  },
  {
    name: "goes on while a terminated thread is still writing",
    edits: [{
      file: "storage/thread/flush_thread.ts",
      find: "      if (this.#isGone()) return memory.stage;",
      replace: "      return memory.stage;",
    }],
    caughtBy: {
      file: WAL,
      name:
        "Wal waits for the last call of a thread that was terminated during it",
    },
  },
  {
    name: "lets a terminated thread go on with what was withdrawn",
    edits: [{
      file: "storage/thread/flush_thread.ts",
      find: "this.#ended === undefined ? STAGE.none : STAGE.withdrawn",
      replace: "STAGE.none",
    }],
    caughtBy: {
      file: THREAD,
      name:
        "FlushThread keeps a task withdrawn whose terminated thread goes on",
    },
  },
  {
    name: "takes the end of a thread's last task for that of the next one",
    edits: [{
      file: "storage/thread/flush_thread.ts",
      find: "else if (!isAnswered) this.#end(stage);",
      replace: "if (stage !== undefined) this.#end(stage);",
    }],
    caughtBy: {
      file: THREAD,
      name:
        "FlushThread gives a task handed over by the answer to the last one its own outcome",
    },
  },
];
