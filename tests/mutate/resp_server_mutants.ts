import type { Mutant } from "./mutant.ts";

const folder = "docs/examples/resp-server";
const tests = "tests/docs/examples/resp_server";

/** Bugs of the example that speaks Redis's protocol. */
export const respServerMutants: readonly Mutant[] = [
  {
    name: "replies before the record is on disk",
    edits: [{
      file: `${folder}/server.ts`,
      find: "Promise.all([settled, this.#lastReplied])",
      replace: "Promise.all([this.#lastReplied])",
    }],
    caughtBy: {
      file: `${tests}/server_test.ts`,
      name: "serve() replies once the turn is on disk, to all requests at once",
    },
  },
  {
    name: "logs how long a key lives instead of when it expires",
    edits: [{
      file: `${folder}/store.ts`,
      find: "this.#head.writeDoubleLE(expiresAt, 5)",
      replace: "this.#head.writeDoubleLE(expiresAt - this.now(), 5)",
    }, {
      file: `${folder}/store.ts`,
      find: "= record.readDoubleLE(5)",
      replace: "= record.readDoubleLE(5) + this.now()",
    }],
    caughtBy: {
      file: `${tests}/commands_test.ts`,
      name: "keys expire at the same instant if the server is restarted",
    },
  },
  {
    name: "lets a snapshot show records that are not on disk",
    edits: [{
      file: `${folder}/store.ts`,
      find: "await this.settled();",
      replace: "",
    }],
    caughtBy: {
      file: `${tests}/store_test.ts`,
      name:
        "Store.rewrite() ends no earlier than the log has what the snapshot shows",
    },
  },
];
