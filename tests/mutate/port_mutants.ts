import type { Mutant } from "./mutant.ts";

const PORT = "tests/port/wal_port_test.ts";

/** The random programs of several ports. */
const order: Mutant["caughtBy"] = {
  file: "tests/port/port_order_test.ts",
  name: "ports append whole calls, in order, once, within the limits",
};

/** Bugs of ports. */
export const portMutants: readonly Mutant[] = [
  {
    name: "acknowledges what a port appended before it is synced",
    edits: [{
      file: "port/served_port.ts",
      find: "const level = this.#levelOf(groups[index + 2]);",
      replace: 'const level = "memory";',
    }],
    caughtBy: {
      file: PORT,
      name: "WalPort.append() resolves at the level that it asks for",
    },
  },
  {
    name: "cuts a batch of a port in two",
    edits: [{
      file: "writer/batch.ts",
      find: "if (isAtomic || this.#bounds.admit(",
      replace: "if (this.#bounds.admit(",
    }],
    caughtBy: {
      file: PORT,
      name:
        "WalPort.appendBatch() writes one frame, even beyond the policy's limits",
    },
  },
  {
    name: "makes a frame of what a port sent, whatever it is",
    edits: [{
      file: "port/served_port.ts",
      find: "    requireBlock(groups, block);\n",
      replace: "",
    }],
    caughtBy: {
      file: PORT,
      name: "a port is cut off by a message that is no request",
    },
  },
  {
    name: "tells the records of a group the LSN of its first one",
    edits: [{
      file: "port/outbox.ts",
      find: "this.#resolves[index](firstLsn + offsets[index]);",
      replace: "this.#resolves[index](firstLsn);",
    }],
    caughtBy: order,
  },
  {
    name: "keeps silent that enqueued records were refused",
    edits: [{
      file: "port/port_link.ts",
      find: "if (!group.refused(error, kept)) this.#drop ??= error;",
      replace: "group.refused(error, kept);",
    }],
    caughtBy: {
      file: "tests/port/port_errors_test.ts",
      name:
        "WalPort reports once that enqueued records were refused, if nobody waited",
    },
  },
  {
    name: "sends a reader on another thread more than it has taken",
    edits: [{
      file: "port/sent_read.ts",
      find: "while (this.#credit <= 0 && !this.#isStopped)",
      replace: "while (false)",
    }],
    caughtBy: {
      file: "tests/port/read_by_port_test.ts",
      name: "SentRead sends no more than its credit before some is taken",
    },
  },
  {
    name: "reports as refused what a port has in the log",
    edits: [{
      file: "port/served_port.ts",
      find: "firstLsn === 0 ? 0 : Math.max(0, lsn - firstLsn)",
      replace: "lsn < firstLsn ? 1 : 0",
    }],
    caughtBy: {
      file: "tests/port/port_errors_test.ts",
      name:
        "WalPort refuses only those records of a turn for which there was no space",
    },
  },
];
