/**
 * What the library adds to the disk's own cost: turns of some ms each, with the
 * floor and with what comes between.
 *
 * @module
 */

import { makePlace, removePlace } from "../demo/place.ts";
import { Progress } from "../demo/progress.ts";
import type { FloorFound, FloorJob } from "./floor/floor_job.ts";
import { bareGroup } from "./peers/contenders/bare_group.ts";
import { floorAppend } from "./peers/contenders/floor_append.ts";
import { floorOverwrite } from "./peers/contenders/floor_overwrite.ts";
import {
  syncline,
  synclineCheckpoints,
  synclineEnqueue,
  synclineEnqueueCheckpoints,
} from "./peers/contenders/syncline.ts";
import { cases } from "./peers/case.ts";
import { bundleWorker } from "./process/bundle_worker.ts";
import { runJob } from "./process/run_job.ts";
import { describeRuntime, runtimeNames } from "./process/runtime.ts";
import { choose } from "./report/choose.ts";
import { describeMachine } from "./report/machine.ts";
import { markdownTable } from "./report/markdown_table.ts";
import { median } from "./report/statistics.ts";
import { takeOptions } from "./report/take_options.ts";

const ABOUT = "Share of the disk's floor, by turns of some ms. Options:";

const RULES = {
  rounds: { help: "how often each has its turn", default: "80" },
  turn: { help: "how long a turn is, in ms", default: "25" },
  case: { help: `one of ${cases.map(({ name }) => name)}`, many: true },
  runtime: { help: "node or deno; both by default", many: true },
};

/** The first is the floor. */
const chosen = [
  ...[floorOverwrite, floorAppend, bareGroup],
  ...[syncline, synclineCheckpoints],
  ...[synclineEnqueue, synclineEnqueueCheckpoints],
];

/** A group's cost in us and its share of the floor, in the same round each. */
function cell({ groupUs }: FloorFound, floor: FloorFound): string {
  const shares = groupUs.map((us, round) => floor.groupUs[round] / us);
  return `${median(groupUs).toFixed(0)} (${median(shares).toFixed(2)})`;
}

const options = takeOptions(ABOUT, RULES);
const progress = new Progress();
const place = await makePlace("bench");
try {
  for (const line of describeMachine(place)) console.log(line);
  const worker = await bundleWorker("floor/worker.ts");
  const [rounds, turnMs] = [options.number("rounds"), options.number("turn")];
  const situations = choose(cases, options.list("case"));
  const runtimes = choose(
    runtimeNames.map((name) => ({ name })),
    options.list("runtime"),
  );
  for (const { name: runtime } of runtimes) {
    const columns: Map<string, string>[] = [];
    for (const { name: situation, kind, title } of situations) {
      progress.step(`${title} on ${runtime}`);
      const names = chosen.filter(({ kinds }) => kinds.includes(kind))
        .map(({ name }) => name);
      const job = { contenders: names, situation, rounds, turnMs };
      const site = { runtime, worker, place: place.directory };
      const found = await runJob<FloorFound[]>(
        { ...site, timeoutMs: 600_000 },
        job satisfies Omit<FloorJob, "directory">,
      );
      columns.push(
        new Map(found.map((one) => [one.contender, cell(one, found[0])])),
      );
    }
    progress.clear();
    console.log(`\n## ${describeRuntime(runtime)}\n`);
    console.log("us for each group (share of the floor), medians:\n");
    console.log(markdownTable(
      ["", ...situations.map(({ title }) => title)],
      chosen.map(({ name }) => [
        name,
        ...columns.map((column) => column.get(name) ?? "-"),
      ]),
    ));
  }
} finally {
  await removePlace(place);
}
