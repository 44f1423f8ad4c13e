import { markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import type { MemoryFound, MemoryJob } from "./worker.ts";

interface Setting {
  readonly records: number;
  readonly warmRecords: number;
  readonly ways: readonly MemoryJob["way"][];
}

interface Result {
  readonly samples: readonly Sample<MemoryJob, MemoryFound>[];
}

const WAYS: readonly { readonly name: MemoryJob["way"] }[] = [
  { name: "nothing" },
  { name: "enqueue" },
  { name: "enqueue of strings" },
  { name: "append" },
];

/** The experiment `bench:memory`. */
export const memory = defineExperiment<Setting, Result>({
  name: "memory",
  about:
    `Measures how many bytes of heap a record of 100 B costs, and ns of CPU.

The log discards its records, so the disk plays no part. The row "nothing" shows
what the measurement itself adds.`,
  options: {
    records: { ...sharedOptions.records, default: "10000000", quick: "20000" },
    only: sharedOptions.only,
  },
  worker: "memory/worker.ts",
  timeoutMs: 300_000,
  read: (options) => ({
    records: options.number("records"),
    warmRecords: Math.min(1_000_000, options.number("records")),
    ways: options.only(WAYS).map(({ name }) => name),
  }),
  async measure(run, { ways, ...amounts }) {
    const tasks = run.runtimes.flatMap((runtime) =>
      ways.map((way) => ({ runtime, title: way, job: { way, ...amounts } }))
    );
    return { samples: await run.measure<MemoryJob, MemoryFound>([tasks]) };
  },
  format({ samples }, runtime) {
    const rows = samples.filter((sample) => sample.runtime === runtime);
    if (rows.length === 0) return "";
    const table = markdownTable(
      [
        ...["call", "ns/call", "B allocated/record", "B kept/record"],
        ...["buffers kept KiB", "peak RSS MiB"],
      ],
      rows.map((row) => [
        row.way,
        row.callNs.toFixed(0),
        row.allocated.toFixed(1),
        row.retained.toFixed(3),
        (row.retainedBuffers / 1024).toFixed(0),
        (row.peakBytes / 2 ** 20).toFixed(0),
      ]),
    );
    return `ns/call: median over 500 calls in one turn, without the flush after them.
Allocated: median growth of the heap over 500 calls in one turn.
Kept: what a final collection leaves.

${table}`;
  },
});
