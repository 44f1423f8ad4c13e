import type { Mutant } from "./mutant.ts";

const votes: Mutant["caughtBy"] = {
  file: "tests/docs/examples/raft_log/raft_log_crash_test.ts",
  name: "RaftLog keeps its promises: votes; posix",
};

const events: Mutant["caughtBy"] = {
  file: "tests/docs/examples/outbox/outbox_crash_test.ts",
  name: "Ledger and dispatch() lose and invent no event: posix",
};

/** Bugs of the examples. */
export const exampleMutants: readonly Mutant[] = [
  {
    name: "answers before a vote is durable",
    edits: [{
      file: "docs/examples/raft-log/raft_log.ts",
      find:
        "await this.#begin(() => this.#wal.setMeta(meta));\n    this.#saved",
      replace:
        "void this.#begin(() => this.#wal.setMeta(meta));\n    this.#saved",
    }],
    caughtBy: votes,
  },
  {
    name: "makes entries durable before the term that is being saved",
    edits: [{
      file: "docs/examples/raft-log/raft_log.ts",
      find: "text === this.#saved ? undefined : text",
      replace: "state && text",
    }],
    caughtBy: {
      file: "tests/docs/examples/raft_log/raft_log_test.ts",
      name:
        "RaftLog.append() is not durable before the term that is being saved",
    },
  },
  {
    name: "moves the cursor before an event is delivered",
    edits: [{
      file: "docs/examples/outbox/dispatch.ts",
      find: "const isDone = await deliverOrBury",
      replace:
        "await cursor.commit();\n      const isDone = await deliverOrBury",
    }],
    caughtBy: events,
  },
  {
    name: "appends an event after its transfer, not with it",
    edits: [{
      file: "docs/examples/outbox/ledger.ts",
      find: '{ is: "transfer", event },\n      { is: "event", event },\n    ])',
      replace: '{ is: "transfer", event },\n    ])' +
        '.then(() => this.#commit([{ is: "event", event }]))',
    }],
    caughtBy: events,
  },
];
