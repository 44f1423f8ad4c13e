import type { Mutant } from "./mutant.ts";

/** Bugs of reads and lookups. */
export const readingMutants: readonly Mutant[] = [
  {
    name: "shows followers what has not reached their level",
    edits: [{
      file: "reader/any_follower.ts",
      find: "const limit = source.reached(this.level);",
      replace: 'const limit = source.reached("os");',
    }],
    caughtBy: {
      file: "tests/reader/follow_test.ts",
      name: "follow() hands out nothing before it has reached the level",
    },
  },
  {
    name: "gives followers a frame that was written and not synced",
    edits: [{
      file: "reader/follow.ts",
      find:
        '    if (this.level !== "os" && batch.level !== this.level) return false;\n',
      replace: "",
    }],
    caughtBy: {
      file: "tests/reader/follow_test.ts",
      name: "follow() waits for the sync of records that are written without",
    },
  },
  {
    name: "wakes followers before records have reached the level",
    edits: [{
      file: "writer/progress.ts",
      find:
        "    acks.advance(lsn, synced);\n    sync.update(acks);\n    readers.tail?.tell(written);",
      replace:
        "    readers.tail?.tell(written);\n    acks.advance(lsn, synced);\n    sync.update(acks);",
    }],
    caughtBy: {
      file: "tests/reader/follow_test.ts",
      name: "follow() wakes before the turn of the ack ends, at every level",
    },
  },
  {
    name: "reuses the memory of queued records that followers were shown",
    edits: [{
      file: "writer/batch.ts",
      find: "    if (batch.isShared) return;\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/writer/live_tail_test.ts",
      name:
        "LiveTail shows queued records wherever they wait, and keeps their memory",
    },
  },
  {
    name: "lets a follower go on that saw what was cut off",
    edits: [{
      file: "reader/any_follower.ts",
      find: "    if (this.#isAffected) throw this.#truncated();\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/reader/cut_log_test.ts",
      name:
        "follow() goes on after a cut above what it has shown, wherever that falls",
    },
  },
  {
    name: "hands out the rest of a frame that was cut off meanwhile",
    edits: [{
      file: "reader/follow.ts",
      find:
        "    if (this.#index < this.#records.length && this.isStale) this.#putBack();\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/reader/cut_log_test.ts",
      name:
        "follow() goes on after a cut above what it has shown, wherever that falls",
    },
  },
  {
    name: "ends a follower as if it had seen all of a log that closes",
    edits: [{
      file: "reader/any_follower.ts",
      find:
        'if (end === "closed" && this.position <= source.reached("memory")) {',
      replace: 'if (end === "closed" && this.position < 0) {',
    }],
    caughtBy: {
      file: "tests/reader/cut_log_test.ts",
      name: "a follower refuses to say that it has seen all if it has not",
    },
  },
  {
    name: "does not check what it reads of a large frame in pieces",
    edits: [{
      file: "storage/segments/segment_reader.ts",
      find: "checksum = crc32(part, checksum);",
      replace: "checksum = new DataView(all.buffer).getUint32(4, true);",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_reader_test.ts",
      name:
        "SegmentReader detects any damage to a frame that it reads in pieces",
    },
  },
  {
    name: "ends a read silently when its log closes while it gives way",
    edits: [{
      file: "reader/open_read.ts",
      find: "    this.#requireOpen();\n    if (taken.done)",
      replace: "    if (taken.done)",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_log_turns_test.ts",
      name: "Wal.close() ends a read that gives way",
    },
  },
  {
    name: "believes an index that leads into a record",
    edits: [{
      file: "storage/segments/find_run.ts",
      find: "while (run !== undefined && mustReach !== undefined) {",
      replace: "while (run === undefined && mustReach !== undefined) {",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_lookup_test.ts",
      name:
        "SegmentLookup believes no frame that is in a record, wherever an entry leads",
    },
  },
  {
    name: "believes any seal at the end of a file",
    edits: [{
      file: "storage/segments/segment_lookup.ts",
      find: "if (!isLast && (lsn !== end || previous !== link)) return",
      replace: "if (!isLast && lsn !== end) return",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_lookup_test.ts",
      name:
        "SegmentLookup believes no seal in the last record of an unsealed segment",
    },
  },
  {
    name: "looks a record up without verifying its frame's checksum",
    edits: [{
      file: "storage/segments/find_run.ts",
      find: "const frame = decodeFrame(window, at);",
      replace: "const claimed = at + 8 > window.length\n" +
        "      ? undefined\n      : window.view.getUint32(at + 4, true);\n" +
        "    const frame = decodeFrame(window, at, claimed);",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_lookup_test.ts",
      name:
        "SegmentLookup never yields another record, whichever byte is damaged",
    },
  },
  {
    name: "passes frames of another salt",
    edits: [{
      file: "storage/format/frame_hops.ts",
      find: "      view.getUint32(at + 8, true) !== this.#salt ||\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/storage/format/frame_hops_test.ts",
      name: "FrameHops.pass() refuses another salt, LSN or link",
    },
  },
  {
    name: "takes zeros after a file's end for the padding of its last frame",
    edits: [{
      file: "storage/segments/find_run.ts",
      find: "if (at < 0 || at + length > this.#filled) return",
      replace: "if (at < 0 || at + length > this.#padded) return",
    }, {
      file: "storage/segments/find_run.ts",
      find: "alone ? at + length : this.#filled",
      replace: "alone ? at + length : this.#padded",
    }],
    caughtBy: {
      file: "tests/recovery/truncation_test.ts",
      name:
        "Wal.open() in mode tail survives every truncation of the first segment of a closed log",
    },
  },
  {
    name: "leaves the files of dropped segments open after lookups",
    edits: [{
      file: "storage/segments/segment_list.ts",
      find: "      await lookup.forget(gone);\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/wal_get_files_test.ts",
      name:
        "Wal.get() keeps 64 files open at most, and closes those of dropped segments",
    },
  },
  {
    name: "gives back what may be another record: a file was reused meanwhile",
    edits: [{
      file: "storage/segments/read_segments.ts",
      find: "if (nextLsn < firstLsn()) throw",
      replace: "if (nextLsn < 0) throw",
    }, {
      file: "reader/reads.ts",
      find: "      this.#requireKept(lsn, this.#log.firstLsn);\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/wal_get_files_test.ts",
      name: "Wal.get() says that a record was dropped during the call",
    },
  },
  {
    name: "gives callers the memory that later lookups use",
    edits: [{
      file: "storage/segments/read_segments.ts",
      find: "value: isKept ? copyOf(value) : value }",
      replace: "value }",
    }],
    caughtBy: {
      file: "tests/wal_get_test.ts",
      name:
        "Wal.get() and read() find a record unchanged after one was written over in memory",
    },
  },
  {
    name: "a reader believes a seal whose segment may lose its name",
    edits: [{
      file: "reader/observe.ts",
      find: "  return !unfinished.some((file) => file.name === `${name}.tmp`);",
      replace: '  return unfinished.length >= 0 || name === "";',
    }],
    caughtBy: {
      file: "tests/reader/reader_crash_test.ts",
      name: "WalReader believes no seal whose segment can lose its name",
    },
  },
  {
    name: "a reader shows what is written as durable",
    edits: [{
      file: "reader/observed_log.ts",
      find: "    this.#declare(seen.durableLsn);",
      replace: "    this.#declare(seen.writtenLsn);",
    }],
    caughtBy: {
      file: "tests/reader/reader_crash_test.ts",
      name: "WalReader shows a lasting prefix: batches, full",
    },
  },
  {
    name: "a reader does not notice a cut after which the log went on",
    edits: [{
      file: "reader/observe.ts",
      find: "  const cutLsn = lowestSince(made, before.cutEpoch);",
      replace: "  const cutLsn = lowestSince(made, epoch);",
    }],
    caughtBy: {
      file: "tests/reader/reader_cut_test.ts",
      name: "WalReader sees a cut that it looks at much later",
    },
  },
  {
    name: "a reader shows what an owner wrote after it was displaced",
    edits: [{
      file: "reader/observe.ts",
      find:
        "  return epoch > before.manifest.epoch ? Math.min(cutLsn, baseLsn) : cutLsn;",
      replace: "  return baseLsn < 0 ? baseLsn : cutLsn;",
    }],
    caughtBy: {
      file: "tests/reader/observed_log_test.ts",
      name: "ObservedLog notices a new owner that has gone beyond the former",
    },
  },
  {
    name: "a reader keeps to a file that has lost its name",
    edits: [{
      file: "reader/observed_tail.ts",
      find: "    if (!isSame) return false;\n",
      replace: "    if (!isSame) return true;\n",
    }],
    caughtBy: {
      file: "tests/reader/wal_reader_test.ts",
      name: "WalReader sees that a first segment was made again",
    },
  },
  {
    name: "a reader does not look again when a segment is gone",
    edits: [{
      file: "reader/observed_reads.ts",
      find:
        "    if (!(isGone(error) || error instanceof CorruptLogError)) throw error;",
      replace: "    if (isGone(error)) throw error;",
    }],
    caughtBy: {
      file: "tests/reader/wal_reader_test.ts",
      name: "WalReader reads on from a segment that is reused",
    },
  },
  {
    name:
      "an opening removes a segment's other name before its name is durable",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "must not lose both.\n    await this.#storage.syncDirectory();",
      replace: "must not lose both.",
    }],
    caughtBy: {
      file: "tests/reader/reader_crash_test.ts",
      name: "WalReader believes no seal whose segment can lose its name",
    },
  },
  {
    name: "a reader takes records that were rewritten for cut off",
    edits: [{
      file: "reader/observe.ts",
      find: "next === undefined || isRewritten ?",
      replace: "next === undefined || !isRewritten && false ?",
    }],
    caughtBy: {
      file: "tests/reader/reader_crash_test.ts",
      name: "WalReader shows a lasting prefix: batches, full",
    },
  },
  {
    name: "a reader believes in damage at the first look",
    edits: [{
      file: "reader/observed_log.ts",
      find: "const LOOKS = 3;",
      replace: "const LOOKS = 1;",
    }],
    caughtBy: {
      file: "tests/reader/reader_race_test.ts",
      name: "WalReader sees no damage while files come and go: seed 1",
    },
  },
];
