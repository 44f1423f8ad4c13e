/**
 * What a record costs on the heap: bytes allocated while it is queued, and
 * bytes that stay. The log keeps nothing, so the disk has no part in it.
 *
 * @module
 */

import { makePlace, removePlace } from "../demo/place.ts";
import type { MemoryFound, MemoryJob } from "./memory/worker.ts";
import { bundleWorker } from "./process/bundle_worker.ts";
import { runJob } from "./process/run_job.ts";
import { describeRuntime, runtimeNames } from "./process/runtime.ts";
import { choose } from "./report/choose.ts";
import { describeMachine } from "./report/machine.ts";
import { markdownTable } from "./report/markdown_table.ts";
import { takeOptions } from "./report/take_options.ts";

const ABOUT = "Bytes that a record of 100 B costs on the heap. Options:";

const RULES = {
  records: { help: "how many are queued", default: "10000000" },
  runtime: { help: "node or deno; both by default", many: true },
};

const WAYS: readonly MemoryJob["way"][] = ["nothing", "enqueue", "append"];

const options = takeOptions(ABOUT, RULES);
const worker = await bundleWorker("memory/worker.ts");
const place = await makePlace("bench");
for (const line of describeMachine(place)) console.log(line);
const rows: string[][] = [];
const runtimes = choose(
  runtimeNames.map((name) => ({ name })),
  options.list("runtime"),
);
for (const { name: runtime } of runtimes) {
  for (const way of WAYS) {
    const site = {
      ...{ runtime, worker, place: place.directory },
      v8Flags: ["--expose-gc"],
      timeoutMs: 300_000,
    };
    const job: MemoryJob = { way, records: options.number("records") };
    const found = await runJob<MemoryFound>(site, job);
    rows.push([
      describeRuntime(runtime),
      way,
      found.allocated.toFixed(1),
      found.retained.toFixed(3),
      (found.retainedBuffers / 1024).toFixed(0),
      (found.peakBytes / 2 ** 20).toFixed(0),
    ]);
  }
}
await removePlace(place);
console.log(`records      ${options.text("records")} of 100 B\n`);
console.log(markdownTable(
  [
    "",
    "call",
    "B allocated/record",
    "B kept/record",
    "buffers kept KiB",
    "peak RSS MiB",
  ],
  rows,
  2,
));
console.log(`
Allocated is the median growth of the heap over 500 calls in one turn; "nothing"
is what the measuring itself adds. Kept is what is left after a collection.`);
