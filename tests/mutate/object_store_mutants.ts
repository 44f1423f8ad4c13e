import type { Mutant } from "./mutant.ts";

/** What catches most bugs of `RetryingStore`. */
const caughtBy: Mutant["caughtBy"] = {
  file: "tests/storage/s3/retrying_store_test.ts",
  name: "RetryingStore.create() says what is true after all faults",
};

/** Bugs of object stores. */
export const objectStoreMutants: readonly Mutant[] = [
  {
    name: "takes another one's object for an earlier try",
    edits: [{
      file: "storage/s3/retrying_store.ts",
      find: 'return found?.id === id ? "created" : "exists";',
      replace: 'return found === undefined ? "exists" : "created";',
    }],
    caughtBy,
  },
  {
    name: "takes an earlier try for another one's object",
    edits: [{
      file: "storage/s3/retrying_store.ts",
      find: 'return found?.id === id ? "created" : "exists";',
      replace: 'return "exists";',
    }],
    caughtBy,
  },
  {
    name: "says that an object was not created after an answer was lost",
    edits: [{
      file: "storage/s3/retrying_store.ts",
      find: "this.#mayBeApplied ||= !isFailure || mayBeApplied(error);",
      replace: "this.#mayBeApplied = !isFailure || mayBeApplied(error);",
    }],
    caughtBy,
  },
  {
    name: "creates objects without a condition",
    edits: [{
      file: "storage/s3/s3_store.ts",
      find: '"if-none-match": "*",',
      replace: "",
    }],
    caughtBy: {
      file: "tests/storage/s3/s3_store_test.ts",
      name: "S3Store signs its requests, and the server checks them",
    },
  },
  {
    name: "certifies a store where several racers win",
    edits: [{
      file: "storage/s3/certified_rules.ts",
      find: "if (winners.length !== 1) {",
      replace: "if (winners.length === 0) {",
    }],
    caughtBy: {
      file: "tests/storage/s3/certify_test.ts",
      name: "certify() finds a store that looks first and writes then",
    },
  },
  {
    name: "believes that nothing was sent if no answer came",
    edits: [{
      file: "storage/s3/retry_rules.ts",
      find: "status >= 500 || status < 300;",
      replace: "status >= 500;",
    }],
    caughtBy: {
      file: "tests/storage/s3/s3_store_test.ts",
      name:
        "a create is unknown if the server dies on a connection that was kept",
    },
  },
  {
    name: "takes the reason of a signal for a refusal",
    edits: [{
      file: "storage/s3/retrying_store.ts",
      find: "error !== signal?.reason;",
      replace: "true;",
    }],
    caughtBy: {
      file: "tests/storage/s3/retrying_store_test.ts",
      name: "RetryingStore does not take its signal's reason for a refusal",
    },
  },
  {
    name: "removes what it created while more is created",
    edits: [{
      file: "storage/s3/rule_bench.ts",
      find: "await Promise.allSettled(calls);",
      replace: "",
    }],
    caughtBy: {
      file: "tests/storage/s3/certify_test.ts",
      name: "certify() lets no call outlive it",
    },
  },
];
