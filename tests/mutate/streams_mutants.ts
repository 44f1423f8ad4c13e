import type { Mutant } from "./mutant.ts";

const file = "docs/examples/durable-streams/stream_store.ts";
const tests = "tests/docs/examples/durable_streams";

/** Bugs of the example that serves Durable Streams. */
export const streamsMutants: readonly Mutant[] = [
  {
    name: "answers an append before it is on disk",
    edits: [{
      file,
      find: "const end = stream.tail;\n    await written;",
      replace: "const end = stream.tail;",
    }],
    caughtBy: {
      file: `${tests}/crash_test.ts`,
      name: "StreamStore keeps what it answered, at any instant",
    },
  },
  {
    name: "calls a message a duplicate before it is on disk",
    edits: [{
      file,
      find:
        "await stream.pending;\n    const { end, isClosedForReaders: isClosed }",
      replace: "const { end, isClosedForReaders: isClosed }",
    }],
    caughtBy: {
      file: `${tests}/store_test.ts`,
      name:
        "StreamStore answers nothing that rests on an append before its sync",
    },
  },
  {
    name: "drops messages of a fork whose deletion is not on disk",
    edits: [{
      file,
      find: "const streams = this.#streams.all();\n",
      replace: "",
    }, {
      file,
      find: "await this.#wal.flush();\n",
      replace:
        "await this.#wal.flush();\nconst streams = this.#streams.all();\n",
    }],
    caughtBy: {
      file: `${tests}/crash_test.ts`,
      name: "a crash leaves a fork with the messages of its source, or no fork",
    },
  },
];
