import type { Mutant } from "./mutant.ts";

const TESTS = "tests/docs/examples/session_journal";

/** Bugs of the example of session journals. */
export const sessionJournalMutants: readonly Mutant[] = [
  {
    name: "a session journal acknowledges before its sync",
    edits: [{
      file: "docs/examples/session-journal/journal.ts",
      find: "recovery: this.#recovery,",
      replace: 'recovery: this.#recovery, synchronous: "normal" as const,',
    }],
    caughtBy: {
      file: `${TESTS}/power_loss_test.ts`,
      name:
        "append() is on disk, where lines are lost, or one that is torn spoils all",
    },
  },
  {
    name: "an import of JSONL stores its progress after the events",
    edits: [{
      file: "docs/examples/session-journal/import_jsonl.ts",
      find: "appendBatch(batch, { meta: JSON.stringify(progress) })",
      replace:
        "appendBatch(batch); await log.setMeta(JSON.stringify(progress))",
    }],
    caughtBy: {
      file: `${TESTS}/import_jsonl_test.ts`,
      name: "importJsonl() imports each event once, whenever power is lost",
    },
  },
];
