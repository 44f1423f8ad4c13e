/** A bug, and the test that is there to catch it. */
export interface Mutant {
  /** What the library does then. */
  readonly name: string;
  /** How it is planted; each text to find occurs once. */
  readonly edits: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
  /** The test that has to fail. */
  readonly caughtBy: { readonly file: string; readonly name: string };
}

const CRASH = "tests/recovery/crash_test.ts";
const full = {
  file: CRASH,
  name: "Wal loses nothing acknowledged: full, LeaderCommitPolicy",
};
const normal = {
  file: CRASH,
  name: "Wal loses nothing acknowledged: normal, LeaderCommitPolicy",
};
/** All of them. */
export const mutants: readonly Mutant[] = [
  {
    name: "acknowledges before the sync",
    edits: [{
      file: "writer/commit.ts",
      find: "continueWith(() => log.sync(), () => confirm(true), failed);",
      replace:
        "confirm(true);\n    continueWith(() => log.sync(), () => {}, failed);",
    }],
    caughtBy: full,
  },
  {
    name: "does not sync at all",
    edits: [{
      file: "writer/commit.ts",
      find: "continueWith(() => log.sync(), () => confirm(true), failed);",
      replace: "confirm(true);",
    }],
    caughtBy: full,
  },
  {
    name: "does not sync the directory after a segment is made",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await storage.syncDirectory();\n  await removeQuietly",
      replace: "await removeQuietly",
    }],
    caughtBy: full,
  },
  {
    name: "does not sync a segment before it gets its name",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await file.datasync();\n    return offset;",
      replace: "return offset;",
    }],
    caughtBy: full,
  },
  {
    name: "skips the frame's checksum",
    edits: [{
      file: "storage/format/frame.ts",
      find: "if (checksum !== actual) return fault(",
      replace: "if (checksum !== checksum) return fault(",
    }],
    caughtBy: full,
  },
  {
    name: "believes stale frames: neither salt nor link is compared",
    edits: [{
      file: "storage/segments/segment_cursor.ts",
      find:
        "return frame.salt === chain.salt && frame.previous === chain.previous &&\n    frame",
      replace: "return frame",
    }],
    caughtBy: {
      file: "tests/recovery/stale_frame_test.ts",
      name: "Wal.open() believes no stale frame that has the right LSN",
    },
  },
  {
    name: "does not cut a torn tail: reads on where the next segment begins",
    edits: [{
      file: "storage/segments/read_segments.ts",
      find: "const end = segments[index + 1]?.firstLsn ?? Infinity;",
      replace: "const end = Infinity;",
    }],
    caughtBy: normal,
  },
  {
    name: "tries a failed sync again",
    edits: [{
      file: "writer/commit.ts",
      find: "continueWith(() => log.sync(), () => confirm(true), failed);",
      replace: "const again = () =>\n" +
        "      continueWith(() => log.sync(), () => confirm(true), failed);\n" +
        "    continueWith(() => log.sync(), () => confirm(true), again);",
    }],
    caughtBy: full,
  },
  {
    name: "releases waiters by a sync that does not cover them",
    edits: [{
      file: "writer/writer.ts",
      find: "this.#advance(batch.lastLsn, synced);",
      replace: "this.#advance(this.lastLsn, synced);",
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
      find: "    this.#open.addAll(records, sizes, bytes);\n" +
        "    return this.#added(records.length, bytes, sync);\n",
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
      file: "storage/directory/lock_file.ts",
      find: "return isSameFile(found, this.#file);",
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
      find: "if (isMissing(error)) return false;",
      replace:
        "if (isMissing(error)) return fs.fstatSync(this.#descriptor).nlink > 0;",
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
    name: "believes what it recovers without making it durable",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "const unsynced = durableLsn < lastLsn",
      replace: "const unsynced = durableLsn < 0",
    }],
    caughtBy: normal,
  },
  {
    name: "begins a segment before the last one is synced",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "if (this.#syncedLsn < this.#lastLsn) await this.sync();\n" +
        '    invariant(this.#syncedLsn === this.#lastLsn, "a seal',
      replace: 'invariant(true, "a seal',
    }, {
      file: "storage/segments/segment_log.ts",
      find: "    await full.file.datasync();\n",
      replace: "",
    }],
    caughtBy: {
      file: CRASH,
      name:
        "Wal loses nothing acknowledged: unsynced frames across a rotation; posix",
    },
  },
  {
    name: "mistakes a short write for a whole one",
    edits: [{
      file: "storage/segments/active_segment.ts",
      find: "if (written === bytes.length) return;",
      replace: "if (written > 0) return;",
    }],
    caughtBy: full,
  },
  {
    name: "cuts damage that a later frame proves to be corruption",
    edits: [{
      file: "recovery/scan_tail.ts",
      find: "syncedLsn >= lsn)) return true;",
      replace: "syncedLsn < 0)) return true;",
    }],
    caughtBy: {
      file: "tests/recovery/corruption_test.ts",
      name:
        "Wal.open() in mode tail refuses when a frame before the last was garbled",
    },
  },
  {
    name: "drops segments that a checkpoint still needs",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "? end <= firstLsn\n",
      replace: "? end <= firstLsn + 1\n",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name:
        "Wal.truncateBefore() is exact at every LSN, even in a log that was killed",
    },
  },
  {
    name: "reads segments that a fenced owner made",
    edits: [{
      file: "recovery/arrange_segments.ts",
      find: "(segment.epoch < epoch ? fenced : segments).push(segment);",
      replace: "segments.push(segment);",
    }],
    caughtBy: {
      file: "tests/recovery/fenced_segment_test.ts",
      name: "Wal.truncateBefore() does not bring a fenced segment back",
    },
  },
  {
    name: "lets a fenced owner drop segments",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "    await this.checkOwner();\n    await this.#removeFenced();",
      replace: "    await this.#removeFenced();",
    }, {
      file: "storage/segments/segment_log.ts",
      find: "      await this.checkOwner();\n      const durableLsn",
      replace: "      const durableLsn",
    }],
    caughtBy: {
      file: "tests/recovery/fenced_segment_test.ts",
      name: "Wal.truncateBefore() of a fenced owner drops nothing",
    },
  },
  {
    name: "lets a fenced opener remove its successor's segment",
    edits: [{
      file: "recovery/survey.ts",
      find: "unfinished.filter((file) => file.epoch <= epoch)",
      replace: "unfinished.filter(() => true)",
    }],
    caughtBy: {
      file: "tests/recovery/fenced_segment_test.ts",
      name: "removeUnfinished() leaves alone what a later owner is making",
    },
  },
  {
    name: "writes over a segment that a backup has a link to",
    edits: [{
      file: "storage/segments/segment_supply.ts",
      find: "isFit && links === 1",
      replace: "isFit && links > 0",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_supply_test.ts",
      name: "a backup by hard links stays as it was while the log continues",
    },
  },
  {
    name: "replaces a segment that somebody else made",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await storage.link(temporary, name);",
      replace: "await storage.rename(temporary, name);",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_test.ts",
      name:
        "createSegment() never replaces a segment, nor leaves anything next to it",
    },
  },
  {
    name: "takes a segment's first name before the second is durable",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "  await storage.syncDirectory();\n  await removeQuietly",
      replace: "  await removeQuietly",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_test.ts",
      name:
        "createSegment() leaves it whole or absent after a crash, under posix",
    },
  },
  {
    name: "does not sync a manifest before it gets its name",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await file.datasync();\n    } finally",
      replace: "} finally",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_manifest_test.ts",
      name:
        "writeManifest() leaves the old or the new one after a crash, under posix",
    },
  },
  {
    name: "does not sync the directory after a manifest is written",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "throw error;\n  }\n  await storage.syncDirectory();",
      replace: "throw error;\n  }",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_manifest_test.ts",
      name:
        "writeManifest() leaves the old or the new one after a crash, under ext4",
    },
  },
  {
    name: "mistakes an old segment that is written to for a damaged one",
    edits: [{
      file: "storage/segments/segment_reader.ts",
      find: "if ((await this.#storage.list()).includes(this.name)) return;",
      replace: "if (this.name !== undefined) return;",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_cursor_test.ts",
      name: "SegmentCursor says that a segment was dropped while it was read",
    },
  },
  {
    name: "closes in silence after a failure that was not reported yet",
    edits: [{
      file: "writer/writer.ts",
      find:
        "this.#isFailureReported = this.#appends.reject(this.#failure) + waiters > 0;",
      replace:
        "this.#isFailureReported = this.#appends.reject(this.#failure) + waiters >= 0;",
    }],
    caughtBy: {
      file: "tests/writer/writer_failure_test.ts",
      name: "close() rejects after a failure that was not reported yet",
    },
  },
  {
    name: "gives out LSNs that a torn batch has",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "const lastLsn = Math.max(scan.lastLsn, firstLsn - 1);",
      replace: "const lastLsn = Math.max(scan.lastLsn - 1, firstLsn - 1);",
    }],
    caughtBy: full,
  },
  {
    name: "lets any number of appends wait for room",
    edits: [{
      file: "writer/append_queue.ts",
      find: "records + request.records.length <= maxRecords &&",
      replace: "records + request.records.length <= Infinity &&",
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
      find: "new Uint8Array(record)",
      replace: "record",
    }],
    caughtBy: {
      file: "tests/writer/append_queue_test.ts",
      name: "append() has copied the record when it returns",
    },
  },
  {
    name: "treats what it gave up searching as a torn tail",
    edits: [{
      file: "recovery/scan_tail.ts",
      find: "if (step.value === undefined) return false;",
      replace: "if (step.value !== lsn) return false;",
    }],
    caughtBy: {
      file: "tests/recovery/hostile_tail_test.ts",
      name: "Wal.open() refuses a tail that would take too long to search",
    },
  },
  {
    name: "releases those who wait out of order after those in line",
    edits: [{
      file: "writer/acks.ts",
      find: "if (this.#early.lowest <= lsn) this.#releaseEarly(lsn);\n",
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
      file: "writer/reads.ts",
      find: "await this.#batches.return(undefined).catch(() => {});",
      replace: "await null;",
    }],
    caughtBy: {
      file: "tests/writer/reads_test.ts",
      name: "close() leaves no file open for reads that were left",
    },
  },
  {
    name: "lets a read end as if all had been read when the log closes",
    edits: [{
      file: "writer/reads.ts",
      find: "this.#isCut = true;",
      replace: "this.#isCut = false;",
    }],
    caughtBy: {
      file: "tests/writer/reads_test.ts",
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
      file: "open_log.ts",
      find: "await log.close(false);",
      replace: "",
    }],
    caughtBy: {
      file: "tests/open_log_test.ts",
      name: "Wal.open() releases the lock when warn throws",
    },
  },
  {
    name: "copies what a displaced owner wrote after the end that was found",
    edits: [{
      file: "recovery/rewrite_end.ts",
      find: "lastLsn + 1,\n    );",
      replace: "Infinity,\n    );",
    }, {
      file: "recovery/rewrite_end.ts",
      find: "if (cursor.nextLsn !== end) {",
      replace: "if (false) {",
    }],
    caughtBy: {
      file: "tests/recovery/takeover_test.ts",
      name: "Wal.open() with takeOver ends where its only scan ended",
    },
  },
  {
    name: "lets late frames of a displaced owner come to life",
    edits: [{
      file: "recovery/arrange_segments.ts",
      find: "? baseLsn + 1",
      replace: "? Infinity",
    }],
    caughtBy: {
      file: "tests/recovery/takeover_test.ts",
      name:
        "Wal.open() lets no late frame come to life where it found nothing to copy",
    },
  },
  {
    name: "drops segments before the mark of a checkpoint",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "      await this.#writeManifest({ firstLsn: lsn, durableLsn });",
      replace:
        "      this.#manifest = { ...this.#manifest, firstLsn: lsn, durableLsn };",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name:
        "Wal.truncateBefore() is exact at every LSN, even in a log that was crashed",
    },
  },
  {
    name: "acts on a manifest that is seen and not durable",
    edits: [{
      file: "recovery/open_segments.ts",
      find:
        "if (files.obsolete.length > 0) await this.#storage.syncDirectory();",
      replace: "",
    }],
    caughtBy: {
      file: "tests/recovery/crash_test.ts",
      name:
        "Wal loses nothing acknowledged: old segments used again; posix, slow",
    },
  },
  {
    name: "reads what a checkpoint has dropped",
    edits: [{
      file: "writer/reads.ts",
      find: "from > 0 && from < first",
      replace: "from < 0",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name:
        "Wal.truncateBefore() is exact at every LSN, even in a log that was closed",
    },
  },
  {
    name: "does not notice that the first segment is gone",
    edits: [{
      file: "recovery/decide_tail.ts",
      find: "if (last < firstLsn) return undefined;",
      replace: "return undefined;",
    }],
    caughtBy: {
      file: "tests/recovery/corruption_test.ts",
      name: "Wal.open() in mode tail refuses when the first segment is gone",
    },
  },
  {
    name: "does not notice that the end of a closed log is gone",
    edits: [{
      file: "recovery/decide_tail.ts",
      find: "return lastLsn < durableLsn && durableLsn >= firstLsn;",
      replace: "return lastLsn < 0;",
    }],
    caughtBy: {
      file: "tests/recovery/corruption_test.ts",
      name:
        "Wal.open() in mode tail refuses when a third of the last segment is gone, but the log had been closed",
    },
  },
  {
    name: "leaves a part of a frame that found no space",
    edits: [{
      file: "storage/segments/active_segment.ts",
      find: "    return this.file.truncate(this.#offset);",
      replace: "    this.#offset += 40;",
    }],
    caughtBy: {
      file: "tests/recovery/full_disk_test.ts",
      name:
        "Wal continues after a full disk at any call, for 1 calls, with 40 bytes of a write written",
    },
  },
  {
    name: "gives out LSNs after those that found no space",
    edits: [{
      file: "writer/writer.ts",
      find: "const dropped = this.#queue.rollBack(nextLsn);",
      replace: "const dropped = this.#queue.rollBack(this.lastLsn + 1);",
    }],
    caughtBy: {
      file: "tests/recovery/full_disk_test.ts",
      name: "append() rejects with the LSN from which on nothing was written",
    },
  },
  {
    name: "does not report records that found no space",
    edits: [{
      file: "writer/writer.ts",
      find: "if (waiters === 0 && dropped > 0) this.#unreportedDrop = error;",
      replace: "",
    }],
    caughtBy: {
      file: "tests/recovery/full_disk_test.ts",
      name: "enqueue() reports once that records were dropped",
    },
  },
  {
    name: "does not go above the epochs that file names show",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "above: files.highestEpoch",
      replace: "above: 0",
    }],
    caughtBy: {
      file: "tests/recovery/takeover_test.ts",
      name: "Wal.open() never gives an epoch twice when lock files are gone",
    },
  },
  {
    name: "lets time fall when the clock goes back",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "if (now > this.#time && now <= MAX_FRAME_TIME) this.#time = now;",
      replace: "this.#time = now;",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name: "Wal notes when records were written, and that time never falls",
    },
  },
  {
    name: "believes an index without the frame it names",
    edits: [{
      file: "storage/segments/segment_reader.ts",
      find: "frame.firstLsn === entry.lsn && frame.firstLsn <= lsn;",
      replace: "true;",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_seek_test.ts",
      name:
        "SegmentCursor.seek() changes nothing of what is read, even if an index lies",
    },
  },
];
