import type { Mutant } from "./mutant.ts";

const COMPACTION: Pick<Mutant["caughtBy"], "file"> = {
  file: "tests/storage/s3/log/compaction/compaction_test.ts",
};

const CURSORS: Pick<Mutant["caughtBy"], "file"> = {
  file: "tests/storage/s3/log/object_cursors_test.ts",
};

const READS: Pick<Mutant["caughtBy"], "file"> = {
  file: "tests/storage/s3/log/slot_reads_test.ts",
};

const OBSERVER: Pick<Mutant["caughtBy"], "file"> = {
  file: "tests/storage/s3/log/observed_object_log_test.ts",
};

/** Bugs of reading, compacting and observing a log on an object store. */
export const objectLogReadingMutants: readonly Mutant[] = [
  {
    name: "removes a slot that it has not compacted",
    edits: [{
      file: "storage/s3/log/compaction/compaction.ts",
      find: "slot <= run.lastSlot && size",
      replace: "slot <= run.lastSlot + 1 && size",
    }],
    caughtBy: {
      ...COMPACTION,
      name: "Compaction leaves few objects, and all records",
    },
  },
  {
    name: "compacts what does not count",
    edits: [{
      file: "storage/s3/log/compaction/compact_slots.ts",
      find: 'verdict.kind === "counts" && kind',
      replace: "kind",
    }],
    caughtBy: {
      ...COMPACTION,
      name: "Compaction leaves few objects, and all records",
    },
  },
  {
    name: "removes fences once slots are compacted",
    edits: [{
      file: "storage/s3/log/compaction/compaction.ts",
      find: "&& size !== FENCE_BYTES &&",
      replace: "&& size !== 0 &&",
    }],
    caughtBy: {
      ...COMPACTION,
      name: "Compaction never removes a fence, nor the newest metadata",
    },
  },
  {
    name: "removes the newest metadata once slots are compacted",
    edits: [{
      file: "storage/s3/log/compaction/compaction.ts",
      find: "size !== FENCE_BYTES && slot !== metaSlot",
      replace: "size !== FENCE_BYTES",
    }, {
      file: "storage/s3/log/compaction/compaction.ts",
      find: "(slot) => slot !== log.state.metaSlot",
      replace: "() => true",
    }],
    caughtBy: {
      ...COMPACTION,
      name: "Compaction never removes a fence, nor the newest metadata",
    },
  },
  {
    name: "finds what is left of a merge instead of the merged object",
    edits: [{
      file: "storage/s3/log/compacted_ranges.ts",
      find: "if (range.firstSlot < first!.firstSlot) first = range;",
      replace: "first ??= range;",
    }],
    caughtBy: {
      ...COMPACTION,
      name: "Compaction can be stopped before each of its calls",
    },
  },
  {
    name: "goes by an old listing when a slot is missing",
    edits: [{
      file: "storage/s3/log/slot_lookup.ts",
      find: `this.ranges.forget();
    const range = await this.ranges.from(firstSlot, signal);`,
      replace: "const range = await this.ranges.from(firstSlot, signal);",
    }],
    caughtBy: {
      ...COMPACTION,
      name: "SlotReads goes on while slots are compacted, whenever that begins",
    },
  },
  {
    name: "says that a log is damaged whose records were dropped",
    edits: [{
      file: "storage/s3/log/slot_reads.ts",
      find: "await this.#source.refresh();",
      replace: "",
    }],
    caughtBy: {
      ...READS,
      name:
        "SlotReads rejects with a CompactedError if records are dropped before or during the read",
    },
  },
  {
    name: "begins to read where slots have been removed",
    edits: [{
      file: "storage/s3/log/slot_lookup.ts",
      find: "low.slot + 1 < firstSlot",
      replace: "low.slot < 0",
    }],
    caughtBy: {
      ...OBSERVER,
      name:
        "ObservedObjectLog looks and reads while slots are compacted and dropped",
    },
  },
  {
    name: "takes the end of a look that began before for an answer",
    edits: [{
      file: "storage/s3/log/observed_object_log.ts",
      find: "return this.#next ??= this.#looking.catch",
      replace: "return this.#next ?? this.#looking; this.#looking.catch",
    }],
    caughtBy: {
      ...OBSERVER,
      name:
        "ObservedObjectLog.look() sees what was there when it was called, even during another look",
    },
  },
  {
    name: "fences a log where it no longer ends",
    edits: [
      {
        file: "storage/s3/log/open_object_log.ts",
        find: "const { state: from, free } = near;\n    return",
        replace:
          "const { free } = near;\n    const { state: from } = end;\n    return",
      },
      {
        file: "storage/s3/log/read_forward.ts",
        find: "let known = lastSettled(headers, state);",
        replace: "let known = state;",
      },
    ],
    caughtBy: {
      file: "tests/storage/s3/log/paused_opening_test.ts",
      name:
        "ObjectLog.openLog() finds the end again if it was paused before any of its calls",
    },
  },
  {
    name: "removes fences that a log has dropped",
    edits: [{
      file: "storage/s3/log/remove_dropped.ts",
      find: "size === FENCE_BYTES || slot",
      replace: "size === 0 || slot",
    }],
    caughtBy: {
      file: "tests/storage/s3/log/remove_dropped_test.ts",
      name: "removeDropped() leaves what is kept, and fences, for each LSN",
    },
  },
  {
    name: "commits to a cursor that has gone on without it",
    edits: [{
      file: "storage/s3/log/object_cursors.ts",
      find: "sequences.some((other) => other > sequence)",
      replace: "sequences.length === 0",
    }],
    caughtBy: {
      ...CURSORS,
      name:
        "ObjectCursors.commit() tells a consumer that was paused, even if its number is free again",
    },
  },
  {
    name: "takes the commit of another consumer for its own",
    edits: [{
      file: "storage/s3/log/object_cursors.ts",
      find: "there === undefined || !isEqual(there, content)",
      replace: "there === undefined",
    }],
    caughtBy: {
      ...CURSORS,
      name: "ObjectCursors.commit() succeeds for one of two consumers",
    },
  },
];
