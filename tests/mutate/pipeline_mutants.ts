import type { Mutant } from "./mutant.ts";

const PIPELINE = "tests/writer/pipeline_test.ts";
const STATE = "tests/writer/pipeline_state_test.ts";

/** Lets any number be in flight. */
const noInvariant: Mutant["edits"][number] = {
  file: "writer/commit.ts",
  find: '    invariant(length < this.#depth, "more in flight than may be");\n',
  replace: "    void length;\n",
};

/** Bugs of logs whose commits overlap. */
export const pipelineMutants: readonly Mutant[] = [
  {
    name: "has one more commit in progress than the pipeline is deep",
    edits: [noInvariant, {
      file: "writer/commit.ts",
      find: "return length > 0 && length < this.#depth;",
      replace: "return length > 0 && length <= this.#depth;",
    }],
    caughtBy: {
      file: PIPELINE,
      name:
        "Writer has as many commits in progress as the pipeline is deep, and no more",
    },
  },
  {
    name: "begins another commit when one has ended out of order",
    edits: [noInvariant, {
      file: "writer/flusher.ts",
      find:
        'if (before === "failed" || flight !== this.#flights.oldest) return;',
      replace: 'if (before === "failed") return;',
    }],
    caughtBy: {
      file: PIPELINE,
      name: "Writer acknowledges in LSN order, in whichever order commits end",
    },
  },
  {
    name: "acknowledges a later commit before an earlier one",
    edits: [{
      file: "writer/commit.ts",
      find:
        "    while (this.#flights[0]?.land) this.#flights.shift()!.land!();",
      replace: "    this.#flights.pop()?.land?.();",
    }, {
      file: "writer/flusher.ts",
      find:
        'if (before === "failed" || flight !== this.#flights.oldest) return;',
      replace: 'if (before === "failed") return;',
    }],
    caughtBy: {
      file: PIPELINE,
      name: "Writer acknowledges in LSN order, in whichever order commits end",
    },
  },
  {
    name: "acknowledges a commit that was rejected",
    edits: [{
      file: "writer/commit.ts",
      find: "      steps.confirmed(true);\n    }, failed);",
      replace:
        "      steps.confirmed(true);\n    }, () => steps.confirmed(true));",
    }],
    caughtBy: {
      file: PIPELINE,
      name: "Writer acknowledges nothing after a commit that was rejected",
    },
  },
  {
    name: "goes on with earlier commits after a later one has failed",
    edits: [{
      file: "writer/flusher.ts",
      find:
        'if (before === "failed" || flight !== this.#flights.oldest) return;',
      replace: "if (flight !== this.#flights.oldest) return;",
    }],
    caughtBy: {
      file: PIPELINE,
      name:
        "Writer fails a log whose commit throws or is rejected ahead of an earlier one",
    },
  },
  {
    name: "closes when the oldest commit in progress has ended",
    edits: [{
      file: "writer/writer.ts",
      find: 'return await acks.settled(lsn, "disk", signal);',
      replace: "const next = Math.min(lsn, acks.durableLsn + 1);\n" +
        '    return await acks.settled(next, "disk", signal);',
    }],
    caughtBy: {
      file: PIPELINE,
      name:
        "flush(), close(), truncateAfter() and configure() wait for all commits in progress",
    },
  },
  {
    name: "uses the memory of a batch again while its commit is in progress",
    edits: [{
      file: "writer/batch.ts",
      find: "    this.#taken.push(batch);\n",
      replace: "    this.#taken.push(batch);\n" +
        "    this.#spare.push(batch.buffer);\n",
    }],
    caughtBy: {
      file: "tests/writer/pipeline_model_test.ts",
      name:
        "Wal with a pipeline keeps every record once, in call order, and acknowledges none early",
    },
  },
  {
    name: "flushes a small batch early while commits are in progress",
    edits: [{
      file: "writer/flush_rules.ts",
      find: '  if (policy.whenIdle === "flush" && !busy) return',
      replace: '  if (policy.whenIdle === "flush") return',
    }],
    caughtBy: {
      file: PIPELINE,
      name: "Writer calls a log idle only if no commit is in progress",
    },
  },
  {
    name: "shows followers only the batch that was taken last",
    edits: [{
      file: "writer/live_tail.ts",
      find: "return taken.findLast(({ firstLsn }) => lsn >= firstLsn);",
      replace:
        "return taken.slice(-1).find(({ firstLsn }) => lsn >= firstLsn);",
    }],
    caughtBy: {
      file: STATE,
      name:
        "LiveTail shows every batch that is being flushed, and those that wait",
    },
  },
  {
    name: "tells followers when the log's last frame was written, not theirs",
    edits: [{
      file: "writer/progress.ts",
      find: "batch.time ?? log.time",
      replace: "log.time",
    }],
    caughtBy: {
      file: STATE,
      name:
        "follow() at memory shows each record in flight, and at disk only what has landed",
    },
  },
  {
    name: "forgets the commits that are still in progress when one has ended",
    edits: [{
      file: "writer/flush_stats.ts",
      find: "    this.#begun.shift();\n",
      replace: "    this.#begun.length = 0;\n",
    }],
    caughtBy: {
      file: STATE,
      name:
        "Wal.stats() counts what is in flight as queued, and the oldest commit as busy",
    },
  },
  {
    name: "writes past the commits in progress in a call that blocks",
    edits: [{
      file: "writer/flusher.ts",
      find:
        'const isWriting = flight ? !flight.isWritten : before === "flushing";',
      replace: 'const isWriting = before === "flushing" && !flight?.isWritten;',
    }],
    caughtBy: {
      file: STATE,
      name:
        "flushSync() refuses while a commit is in progress, and without calls that block",
    },
  },
];
