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
];
