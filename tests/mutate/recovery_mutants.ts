import { full, type Mutant, normal } from "./mutant.ts";

/** Bugs of opening and of salvage. */
export const recoveryMutants: readonly Mutant[] = [
  {
    name: "takes its scan up again after what is not durable",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "scan.places.findLast(({ nextLsn }) => nextLsn <= syncedLsn + 1)",
      replace: "scan.places.at(-1)",
    }, {
      file: "recovery/rewrite_end.ts",
      find: "place !== undefined && place.nextLsn <= firstLsn",
      replace: "place !== undefined",
    }],
    caughtBy: normal,
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
    name: "gives out LSNs that a torn batch has",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "const lastLsn = Math.max(scan.lastLsn, firstLsn - 1);",
      replace: "const lastLsn = Math.max(scan.lastLsn - 1, firstLsn - 1);",
    }],
    caughtBy: full,
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
    name: "acts on a manifest that is seen and not durable",
    edits: [{
      file: "recovery/open_segments.ts",
      find:
        "if (files.obsolete.length > 0) await this.#storage.syncDirectory();",
      replace: "",
    }],
    caughtBy: {
      file: "tests/recovery/low_mark_test.ts",
      name:
        "Wal.open() removes nothing by a mark that a power loss may take back",
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
    name: "does not go above the epochs that file names show",
    edits: [{
      file: "recovery/open_segments.ts",
      find: "above: files.highestEpoch",
      replace: "above: 0",
    }],
    caughtBy: {
      file: "tests/recovery/handled_directory_test.ts",
      name: "Wal.open() never gives an epoch twice when lock files are gone",
    },
  },
];
