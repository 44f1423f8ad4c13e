import type { Mutant } from "./mutant.ts";

const crash: Mutant["caughtBy"] = {
  file: "tests/upkeep/crash_test.ts",
  name: "an archive has all that was dropped, whenever power is lost",
};

const model: Mutant["caughtBy"] = {
  file: "tests/upkeep/retention_test.ts",
  name:
    "retention drops nothing that anybody needs, and all else, in any workload",
};

const archived = (name: string): Mutant["caughtBy"] => ({
  file: "tests/upkeep/archiver_test.ts",
  name,
});

/** Bugs of what a log does by itself. */
export const upkeepMutants: readonly Mutant[] = [
  {
    name: "drops a segment before the archive's hook has resolved",
    edits: [{
      file: "upkeep/archiver.ts",
      find: "await this.#hook(described);",
      replace: "Promise.resolve(this.#hook(described)).catch(() => {});",
    }],
    caughtBy: crash,
  },
  {
    name: "drops what the archive does not have",
    edits: [{
      file: "log/log_upkeep.ts",
      find: "return Math.min(keepFrom, upkeep?.heldFrom ?? 0);",
      replace: "return upkeep ? keepFrom : 0;",
    }],
    caughtBy: crash,
  },
  {
    name: "drops what is archived before that is durable",
    edits: [{
      file: "upkeep/archiver.ts",
      find: "await this.#commit({ lsn, epoch });",
      replace:
        "this.#progress = { lsn, cuts };\n    await new Promise((end) => this.#log.clock.after(500, () => end(0)));\n    await this.#commit({ lsn, epoch });",
    }],
    caughtBy: crash,
  },
  {
    name: "lets retention ignore the cursors that hold back",
    edits: [{
      file: "log/log_upkeep.ts",
      find: "keepFrom = await holdBack(",
      replace: "await holdBack(",
    }],
    caughtBy: model,
  },
  {
    name: "lets retention drop records that are young",
    edits: [{
      file: "upkeep/retention.ts",
      find: "return Math.max(Math.min(tooOld, most), fit(most));",
      replace: "return Math.max(tooOld, fit(Infinity));",
    }],
    caughtBy: {
      ...model,
      name:
        "retention by bytes drops whole segments, the oldest first, once they are no longer young",
    },
  },
  {
    name: "forgets that a log was cut back while its segment was archived",
    edits: [{
      file: "upkeep/archiver.ts",
      find: "Math.min(segment.lastLsn, source.lowestSince(cuts))",
      replace: "segment.lastLsn",
    }, {
      file: "upkeep/archiver.ts",
      find: "this.#progress = { lsn, cuts };",
      replace: "this.#progress = { lsn, cuts: source.cuts };",
    }],
    caughtBy: {
      file: "tests/upkeep/archive_restore_test.ts",
      name:
        "archive hands over again what a cut has changed while the hook ran",
    },
  },
  {
    name: "archives for an owner that was displaced",
    edits: [{
      file: "storage/segments/sealed_segments.ts",
      find: "await owner.check();",
      replace: "",
    }],
    caughtBy: archived(
      "a displaced owner drops nothing, and its successor archives the rest",
    ),
  },
  {
    name: "archives a segment that recovery still has to rewrite",
    edits: [{
      file: "storage/segments/sealed_segments.ts",
      find: "finish ? owner.manifest.rewriteLsn : lastLsn + 1",
      replace: "lastLsn + 1",
    }],
    caughtBy: {
      file: "tests/storage/segments/sealed_segments_test.ts",
      name:
        "SegmentLog.sealedSegments() lists nothing that recovery still has to rewrite",
    },
  },
];
