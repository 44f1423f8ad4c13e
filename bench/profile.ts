/**
 * Where the library's own time goes: a CPU profile of Syncline in the cases of
 * `bench:peers`, as a list of the functions that take most by themselves.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makePlace, removePlace } from "../demo/place.ts";
import { runChild } from "../tests/kit/process/child.ts";
import { type Case, cases } from "./peers/case.ts";
import { bundleWorker } from "./process/bundle_worker.ts";
import {
  commandFor,
  describeRuntime,
  type RuntimeName,
  runtimeNames,
} from "./process/runtime.ts";
import { withDirectory } from "./process/with_directory.ts";
import { choose } from "./report/choose.ts";
import { describeMachine } from "./report/machine.ts";
import { markdownTable } from "./report/markdown_table.ts";
import { selfTimes } from "./report/self_times.ts";
import { takeOptions } from "./report/take_options.ts";

const ABOUT = "Functions of most self time while Syncline works. Options:";

const RULES = {
  case: { help: `one of ${cases.map(({ name }) => name)}`, many: true },
  contender: { help: "whom to look at", default: "Syncline" },
  seconds: { help: "how long", default: "2" },
  top: { help: "how many functions", default: "15" },
  runtime: { help: "node or deno; both by default", many: true },
};

const options = takeOptions(ABOUT, RULES);
const worker = await bundleWorker("peers/worker.ts");
const place = await makePlace("bench");

async function profile(runtime: RuntimeName, situation: Case): Promise<string> {
  return await withDirectory(place.directory, async (directory) => {
    const job = {
      ...{ contender: options.text("contender"), situation: situation.name },
      ...{ directory, warmSeconds: 0.5, seconds: options.number("seconds") },
    };
    const flags = ["--cpu-prof", `--cpu-prof-dir=${directory}`];
    const [program, ...rest] = commandFor(runtime, worker, job);
    const command = runtime === "node"
      ? [program, ...flags, ...rest]
      : [program, rest[0], ...flags, ...rest.slice(1)];
    await runChild(command, { timeoutMs: 60_000 });
    const file = readdirSync(directory).find((name) =>
      name.endsWith(".cpuprofile")
    );
    const text = readFileSync(join(directory, file!), "utf8");
    const rows = selfTimes(JSON.parse(text), readFileSync(worker, "utf8"));
    const percent = (share: number) => (share * 100).toFixed(1);
    return markdownTable(
      ["function", "self %", "% without syncs"],
      rows.slice(0, options.number("top")).map((row) => [
        row.name,
        percent(row.share),
        percent(row.shareOfRest),
      ]),
    );
  });
}

try {
  for (const line of describeMachine(place)) console.log(line);
  const runtimes = choose(
    runtimeNames.map((name) => ({ name })),
    options.list("runtime"),
  );
  for (const { name: runtime } of runtimes) {
    for (const situation of choose(cases, options.list("case"))) {
      console.log(`\n${describeRuntime(runtime)}, ${situation.title}:\n`);
      console.log(await profile(runtime, situation));
    }
  }
} finally {
  await removePlace(place);
}
