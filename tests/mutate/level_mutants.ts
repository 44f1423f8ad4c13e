import type { Mutant } from "./mutant.ts";

const file = "docs/examples/durable-level/durable_level.ts";

const crash = (name: string): Mutant["caughtBy"] => ({
  file: "tests/docs/examples/durable_level/crash_test.ts",
  name: `DurableLevel loses nothing acknowledged: ${name}`,
});

/** Bugs of the example durable-level. */
export const levelMutants: readonly Mutant[] = [
  {
    name: "resolves a put before its ack",
    edits: [{
      file,
      find: "await this.#wal.append(record, { ack });",
      replace: 'await this.#wal.append(record, { ack: "memory" });',
    }],
    caughtBy: crash("full"),
  },
  {
    name: "writes a checkpoint without the batches that it flushes",
    edits: [{
      file,
      find: "let covered = 0;",
      replace: "let covered = 0;\n    const map = this.#map;",
    }, {
      file,
      find: "return this.#encodeDurably(this.#map);",
      replace: "return this.#encodeDurably(map);",
    }],
    caughtBy: crash("full, slow"),
  },
  {
    name: "writes a snapshot of records that are not durable",
    edits: [{
      file,
      find: "return this.#encodeDurably(this.#map);",
      replace: "return encodeSnapshot(this.#map);",
    }],
    caughtBy: crash("memory"),
  },
  {
    name: "makes a record of each change of a batch",
    edits: [{
      file,
      find: "await this.#wal.append(record, { ack });",
      replace: "await Promise.all(changes.map((change) =>\n" +
        "      this.#wal.append(encodeChanges([change]), { ack })\n    ));",
    }],
    caughtBy: crash("full"),
  },
];
