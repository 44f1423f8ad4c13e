import { CRASH, full, type Mutant } from "./mutant.ts";

/** Bugs of the writer, its queue and its acknowledgements. */
export const writerMutants: readonly Mutant[] = [
  {
    name: "joins batches over each other",
    edits: [{
      file: "writer/batch.ts",
      find: "this.buffer.set(records, FRAME_HEADER_BYTES + this.length);",
      replace: "this.buffer.set(records, FRAME_HEADER_BYTES);",
    }],
    caughtBy: {
      file: "tests/writer/batch_test.ts",
      name: "BatchQueue.updateBounds() joins what waits under higher limits",
    },
  },
  {
    name: "joins batches and forgets that one asks for a sync",
    edits: [{
      file: "writer/batch.ts",
      find: "    this.sync ||= next.sync;\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/writer/batch_test.ts",
      name: "BatchQueue.updateBounds() joins what waits under higher limits",
    },
  },
  {
    name: "keeps the cap of AdaptivePolicy under a backlog that lasts",
    edits: [{
      file: "policies/adaptive_policy.ts",
      find: "    if (isInTheWay) this.limits = {};\n    else if",
      replace: "    if",
    }],
    caughtBy: {
      file: "tests/policies/adaptive_policy_test.ts",
      name: "AdaptivePolicy is no cliff for 3000 callers",
    },
  },
  {
    name: "acknowledges before the sync",
    edits: [{
      file: "writer/commit.ts",
      find: "continueWith(() => log.sync(), () => confirm(true), fail);",
      replace:
        "{ confirm(true); continueWith(() => log.sync(), () => {}, fail); };",
    }],
    caughtBy: full,
  },
  {
    name: "does not sync at all",
    edits: [{
      file: "writer/commit.ts",
      find: "continueWith(() => log.sync(), () => confirm(true), fail);",
      replace: "confirm(true);",
    }],
    caughtBy: full,
  },
  {
    name: "tries a failed sync again",
    edits: [{
      file: "writer/commit.ts",
      find: "continueWith(() => log.sync(), () => confirm(true), fail);",
      replace: "continueWith(\n      () => log.sync(), () => confirm(true),\n" +
        "      () => continueWith(() => log.sync(), () => confirm(true), fail),\n" +
        "    );",
    }],
    caughtBy: full,
  },
  {
    name: "releases waiters by a sync that does not cover them",
    edits: [{
      file: "writer/progress.ts",
      find: "this.#advance(batch.lastLsn, synced, written);",
      replace: "this.#advance(appends.queue.lastLsn, synced, written);",
    }],
    caughtBy: {
      file: CRASH,
      name: "Wal loses nothing acknowledged: full, CountPolicy",
    },
  },
  {
    name: "splits a batch at a limit",
    edits: [{
      file: "writer/batch.ts",
      find: "      this.#open.addAll(records, sizes, bytes);\n" +
        "      return this.#added(records.length, bytes, sync);\n",
      replace: "    for (const [index, record] of records.entries()) {\n" +
        "      this.add(record, sizes[index], sync);\n" +
        "    }\n" +
        "    return this.lastLsn;\n",
    }],
    caughtBy: {
      file: CRASH,
      name: "Wal loses nothing acknowledged: full, BytesPolicy",
    },
  },
  {
    name: "does not ask who owns the log before it acknowledges",
    edits: [{
      file: "writer/commit.ts",
      find:
        "continueWith(() => log.checkOwner(), () => steps.confirmed(synced), failed);",
      replace: "steps.confirmed(synced);",
    }],
    caughtBy: {
      file: "tests/storage/directory/lock_file_test.ts",
      name: "Wal.open() with takeOver fences an owner that lives",
    },
  },
  {
    name: "closes in silence after a failure that was not reported yet",
    edits: [{
      file: "writer/log_health.ts",
      find: "this.#isReported = reject(this.failure) > 0;",
      replace: "this.#isReported = reject(this.failure) >= 0;",
    }],
    caughtBy: {
      file: "tests/writer/writer_failure_test.ts",
      name: "close() rejects after a failure that was not reported yet",
    },
  },
  {
    name: "lets any number of appends wait for room",
    edits: [{
      file: "writer/append_queue.ts",
      find: "records + request.count <= maxRecords &&",
      replace: "records + request.count <= Infinity &&",
    }],
    caughtBy: {
      file: "tests/writer/append_queue_test.ts",
      name: "append() rejects beyond the records that may wait, in order",
    },
  },
  {
    name: "keeps the caller's own bytes while an append waits for room",
    edits: [{
      file: "writer/append_queue.ts",
      find: "copyRecord(record, sizes[index])",
      replace: "copyRecord(record, sizes[index]) && record",
    }],
    caughtBy: {
      file: "tests/writer/append_queue_test.ts",
      name: "append() has copied the record when it returns",
    },
  },
  {
    name: "releases those who wait out of order after those in line",
    edits: [{
      file: "writer/acks.ts",
      find: "if (this.#earliest <= lsn) this.#releaseEarly(lsn);\n",
      replace: "",
    }, {
      file: "writer/acks.ts",
      find: "    this.#resolveUpTo(lsn);\n",
      replace: "    this.#resolveUpTo(lsn);\n    this.#releaseEarly(lsn);\n",
    }],
    caughtBy: {
      file: "tests/writer/acks_test.ts",
      name: "AckWaiters settles in LSN order, in whatever order they wait",
    },
  },
  {
    name: "closes and leaves the files of unfinished reads open",
    edits: [{
      file: "reader/open_read.ts",
      find: "await this.return().catch(() => {});",
      replace: "await null;",
    }],
    caughtBy: {
      file: "tests/reader/reads_test.ts",
      name: "close() leaves no file open for reads that were left",
    },
  },
  {
    name: "lets a read end as if all had been read when the log closes",
    edits: [{
      file: "reader/open_read.ts",
      find: "this.#isCut = true;",
      replace: "this.#isCut = false;",
    }],
    caughtBy: {
      file: "tests/reader/reads_test.ts",
      name: "close() ends reads with an error, not as if all had been read",
    },
  },
  {
    name: "gives out LSNs that cannot be read back",
    edits: [{
      file: "writer/lsn_exhausted_error.ts",
      find: "Number.MAX_SAFE_INTEGER;",
      replace: "Number.MAX_SAFE_INTEGER + 1;",
    }],
    caughtBy: {
      file: "tests/writer/lsn_exhausted_test.ts",
      name: "Wal.open() reads what has the last LSN, and refuses more",
    },
  },
  {
    name: "keeps the lock when warn throws",
    edits: [{
      file: "log/open_storage.ts",
      find: "await log.close(false);",
      replace: "",
    }],
    caughtBy: {
      file: "tests/log/open_log_test.ts",
      name: "Wal.open() releases the lock when warn throws",
    },
  },
  {
    name: "reads what a checkpoint has dropped",
    edits: [{
      file: "reader/reads.ts",
      find: "lsn > 0 && lsn < first",
      replace: "lsn < 0",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name:
        "Wal.truncateBefore() is exact at every LSN, even in a log that was closed",
    },
  },
  {
    name: "gives out LSNs after those that found no space",
    edits: [{
      file: "writer/progress.ts",
      find: "const dropped = appends.queue.rollBack(nextLsn);",
      replace:
        "const dropped = appends.queue.rollBack(appends.queue.lastLsn + 1);",
    }],
    caughtBy: {
      file: "tests/recovery/full_disk_test.ts",
      name: "append() rejects with the LSN from which on nothing was written",
    },
  },
  {
    name: "does not report records that found no space",
    edits: [{
      file: "writer/progress.ts",
      find: "if (waiters === 0 && dropped > 0) health.drop = error;",
      replace: "",
    }],
    caughtBy: {
      file: "tests/recovery/full_disk_test.ts",
      name: "enqueue() reports once that records were dropped",
    },
  },
  {
    name: "lets appends in while a log is cut back",
    edits: [{
      file: "writer/append_queue.ts",
      find: "if (begin !== undefined) return this.#begin(next, begin);",
      replace: "if (begin !== undefined) {\n" +
        "        this.#room.remove(next);\n" +
        "        begin();\n" +
        "        continue;\n" +
        "      }",
    }, {
      file: "writer/append_queue.ts",
      find: "        this.#room.remove(waiting);\n        waiting.placed",
      replace: "        waiting.placed",
    }],
    caughtBy: {
      file: "tests/wal_truncate_after_test.ts",
      name:
        "truncateAfter() flushes what came before it, and holds what comes after",
    },
  },
];
