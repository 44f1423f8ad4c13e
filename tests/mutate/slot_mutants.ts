import type { Mutant } from "./mutant.ts";

const TESTS = "tests/storage/s3/log";

/** What catches most bugs of openings. */
const takeover: Mutant["caughtBy"] = {
  file: `${TESTS}/takeover_test.ts`,
  name:
    "openObjectLog() fences an owner that appends 4 records, 2 at a time, while b open the log, 0 answers lost",
};

/** What catches an opening that others overtake. */
const overtaken: Mutant["caughtBy"] = {
  file: `${TESTS}/takeover_test.ts`,
  name:
    "openObjectLog() fences an owner that appends 0 records, 1 at a time, while b and c open the log, 0 answers lost",
};

/** What catches bugs that slots of a displaced owner bring to light. */
const late: Mutant["caughtBy"] = {
  file: `${TESTS}/late_slots_test.ts`,
  name:
    "slots of a displaced owner change nothing, whenever they arrive: 3 slots, sent up to 1 times",
};

/** What catches bugs that fences of an overtaken opening bring to light. */
const fences: Mutant["caughtBy"] = {
  file: `${TESTS}/slot_pipeline_test.ts`,
  name:
    "SlotPipeline sends again what a late fence was in the way of: 3 slots in flight",
};

/** Bugs of the slots of logs on object storage. */
export const slotMutants: readonly Mutant[] = [
  {
    name: "an opening fences one slot instead of a window",
    edits: [
      {
        file: "storage/s3/log/open_object_log.ts",
        find:
          "let width = 2 * window;; width = Math.min(2 * width, MOST_FENCES)",
        replace: "let width = 1;;",
      },
      {
        file: "storage/s3/log/open_object_log.ts",
        find: "if (free >= first + window) break;",
        replace: "if (free >= first + 1) break;",
      },
    ],
    caughtBy: late,
  },
  {
    name: "takes another owner's slot for its own",
    edits: [{
      file: "storage/s3/log/slot_pipeline.ts",
      find: 'if (made === "created") {',
      replace: "if (made) {",
    }],
    caughtBy: takeover,
  },
  {
    name: "declares slots settled that are in flight",
    edits: [{
      file: "storage/s3/log/slot_pipeline.ts",
      find: "const { epoch, ...settled } = this.#state;",
      replace:
        "const { epoch } = this.#state; const settled = { ...this.#state, slot: slot - 1 };",
    }],
    caughtBy: takeover,
  },
  {
    name: "an opening does not see a slot that was skipped",
    edits: [{
      file: "storage/s3/log/find_end.ts",
      find: "free: firstFree(listed, state.slot)",
      replace: "free: (listed.at(-1)?.number ?? 0) + 1",
    }],
    caughtBy: takeover,
  },
  {
    name: "two openings have the same epoch",
    edits: [{
      file: "storage/s3/log/open_object_log.ts",
      find: 'return made === "created" ? epoch',
      replace: "return made ? epoch",
    }],
    caughtBy: overtaken,
  },
  {
    name: "an opening does not notice that a later one has overtaken it",
    edits: [{
      file: "storage/s3/log/open_object_log.ts",
      find: "if (later > epoch) {",
      replace: "if (later < epoch) {",
    }],
    caughtBy: overtaken,
  },
  {
    name: "an opening leaves no mark",
    edits: [{
      file: "storage/s3/log/open_object_log.ts",
      find: "await pipeline.send(markEntry(state, meta));",
      replace: "",
    }],
    caughtBy: {
      file: `${TESTS}/object_log_test.ts`,
      name: "opening an ObjectLog reads no more after many openings",
    },
  },
  {
    name: "acknowledges a frame that comes too early to count",
    edits: [{
      file: "storage/s3/log/slot_pipeline.ts",
      find: 'if (!isOwn || verdict.kind === "void") {',
      replace: "if (!isOwn) {",
    }],
    caughtBy: fences,
  },
  {
    name: "has more slots in flight than the window",
    edits: [{
      file: "storage/s3/log/slot_pipeline.ts",
      find: "this.#flights.length < window &&",
      replace: "this.#flights.length < window + 1 &&",
    }],
    caughtBy: {
      file: `${TESTS}/slot_pipeline_test.ts`,
      name:
        "SlotPipeline has no more slots in flight than the window, and none is removable that an opening may read",
    },
  },
  {
    name: "lets slots be removed that an opening reads",
    edits: [{
      file: "storage/s3/log/slot_pipeline.ts",
      find: "this.#removableSlot = flight.settledSlot;",
      replace: "this.#removableSlot = flight.slot;",
    }],
    caughtBy: {
      file: `${TESTS}/slot_pipeline_test.ts`,
      name:
        "SlotPipeline has no more slots in flight than the window, and none is removable that an opening may read",
    },
  },
  {
    name: "lets slots of a displaced owner count",
    edits: [{
      file: "storage/s3/log/slot_rule.ts",
      find: "if (epoch < state.epoch) {",
      replace: "if (epoch < 0) {",
    }],
    caughtBy: {
      file: `${TESTS}/slot_rule_test.ts`,
      name: "judgeSlot() lets a fence raise the epoch, and no lower one count",
    },
  },
];
