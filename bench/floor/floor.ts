import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { markdownTable, millis } from "../../docs/figures/markdown_table.ts";
import { quantile } from "../../simulator/quantile.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { type Case, caseOption, cases } from "../peers/case.ts";
import {
  bareGroup,
  floorAppend,
  floorOverwrite,
} from "../peers/contenders/floors.ts";
import { synclines } from "../peers/contenders/syncline.ts";
import { bundle, projectDir } from "../process/run_job.ts";
import { describeLibrary, headerLine } from "../report/machine.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import type { FloorFound, FloorJob, Library, Turns } from "./worker.ts";

/** Another checkout to measure. */
interface Checkout {
  readonly suffix: string;
  readonly path: string;
}

/** What to measure, by its name. */
interface Named {
  readonly name: string;
  readonly kinds: readonly Case["kind"][];
}

interface Setting {
  readonly turns: number;
  readonly turnMs: number;
  readonly cases: readonly Case[];
  /** The first one is the floor. */
  readonly contenders: readonly Named[];
  /** This checkout and those that `--library` names. */
  readonly checkouts: readonly Checkout[];
}

interface Result {
  readonly samples: readonly Sample<FloorJob, FloorFound>[];
}

/** The experiment `bench:floor`. */
export const floor = defineExperiment<Setting, Result>({
  name: "floor",
  about: `Measures what Syncline adds to the cost of the disk itself.

The floor is a plain loop of write and fdatasync over the same bytes. In one
process per case, all contenders are open at once and take short turns, so that
a disk that drifts affects all of them alike.

To compare two versions of the library, check out the other one elsewhere and
name its root:

  deno task bench:floor --library ../wal-before --only floor --only syncline

Its contenders have that path in their names and take turns with this
checkout's. To see how much of a difference is noise, name this checkout's own
root: the ratios should be 1. To compare the CPU cost alone, use a directory in
memory, such as --dir /dev/shm.`,
  options: {
    rounds: {
      ...sharedOptions.rounds,
      help: "give each contender N turns, interleaved",
      ...{ default: "80", quick: "3" },
    },
    seconds: {
      ...sharedOptions.seconds,
      help: "a turn lasts S seconds",
      ...{ default: "0.025", quick: "0.002" },
    },
    case: { ...caseOption, quick: "c64;b64" },
    only: {
      ...sharedOptions.only,
      help: `${sharedOptions.only.help}, and the floor`,
    },
    library: {
      value: "PATH",
      help: "measure the library in the checkout at PATH as well",
      many: true,
    },
  },
  worker: "floor/worker.ts",
  timeoutMs: 600_000,
  read(options) {
    const checkouts = [
      { suffix: "", path: projectDir },
      ...options.list("library").map((path) => {
        if (existsSync(join(path, "mod.ts"))) {
          return { suffix: ` (${path})`, path: resolve(path) };
        }
        throw new RangeError(
          `--library must be the root of a checkout: received "${path}"`,
        );
      }),
    ];
    const all = [
      ...[floorOverwrite, floorAppend, bareGroup],
      ...synclines.flatMap(({ name, kinds }) =>
        checkouts.map(({ suffix }) => ({ name: name + suffix, kinds }))
      ),
    ];
    return {
      turns: options.number("rounds"),
      turnMs: options.number("seconds") * 1000,
      cases: options.choose("case", cases),
      contenders: [...new Set([all[0], ...options.only(all)])],
      checkouts,
    };
  },
  header: ({ checkouts }) =>
    checkouts.slice(1).map(({ path }) =>
      headerLine("compared to", `${describeLibrary(path)} in ${path}`)
    ),
  async measure(run, setting) {
    const libraries: Library[] = [];
    for (const { suffix, path } of setting.checkouts) {
      const name = `floor_library_${libraries.length}`;
      const source = "peers/contenders/syncline.ts";
      const module = await bundle(source, { library: path, name });
      libraries.push({ suffix, module });
    }
    const groups = setting.cases.map((situation) =>
      run.runtimes.map((runtime): Task<FloorJob> => ({
        runtime,
        title: situation.title,
        job: jobOf(setting, situation, libraries),
      }))
    );
    return { samples: await run.measure<FloorJob, FloorFound>(groups) };
  },
  format({ samples }, runtime, setting) {
    return formatTables(
      samples.filter((sample) => sample.runtime === runtime),
      setting,
    );
  },
});

function jobOf(
  { contenders, turns, turnMs }: Setting,
  { name, kind }: Case,
  libraries: readonly Library[],
): FloorJob {
  const names = contenders.filter(({ kinds }) => kinds.includes(kind))
    .map(({ name }) => name);
  return { situation: name, contenders: names, libraries, turns, turnMs };
}

function formatTables(
  samples: readonly Sample<FloorJob, FloorFound>[],
  { contenders, checkouts }: Setting,
): string {
  if (samples.length === 0) return "";
  const head = samples.map(({ situation }) =>
    cases.find(({ name }) => name === situation)!.title
  );
  const table = (
    names: readonly string[],
    cell: (turns: Turns, all: readonly Turns[]) => string,
  ) =>
    markdownTable(
      ["", ...head],
      names.map((name) => [
        name,
        ...samples.map(({ turnsOf }) => {
          const turns = turnsOf.find(({ contender }) => contender === name);
          return turns === undefined ? "-" : cell(turns, turnsOf);
        }),
      ]),
    );
  const names = contenders.map(({ name }) => name);
  return [
    "Microseconds per group of records (share of the floor), medians:\n",
    table(names, (turns, [floor]) => {
      const share = median(ratios(floor, turns)).toFixed(2);
      return `${median(turns.groupUs).toFixed(0)} (${share})`;
    }),
    "\nShare of the floor of a growing file, medians; above 1, it is faster:\n",
    table(names.slice(1), (turns, all) => {
      const growing = all.find(({ contender }) =>
        contender === floorAppend.name
      );
      if (growing === undefined) return "-";
      return median(ratios(growing, turns)).toFixed(2);
    }),
    "\nLatency in ms, p50 / p99 / p99.9; of whole batches in the batch cases:\n",
    table(names, ({ latencies }) => latencies.map(millis).join(" / ")),
    ...checkouts.slice(1).map(({ suffix }) => {
      const others = names.filter((name) => name.endsWith(suffix));
      const caption = `\nTime of the contenders${suffix} divided by this ` +
        "checkout's; above 1,\nthis checkout is faster. Median of the turns " +
        "(quartiles), then the ratio of the p50\nlatencies, which a busy " +
        "machine distorts least.\n\n";
      return caption + table(others, (other, all) => {
        const name = other.contender.slice(0, -suffix.length);
        const own = all.find(({ contender }) => contender === name);
        return own === undefined ? "-" : compare(other, own);
      });
    }),
  ].join("\n");
}

/** Time of `one` divided by that of `other`, turn by turn. */
function ratios(one: Turns, other: Turns): number[] {
  return one.groupUs.map((us, turn) => us / other.groupUs[turn]);
}

function compare(one: Turns, other: Turns): string {
  const sorted = ratios(one, other).sort((a, b) => a - b);
  const [low, middle, high, p50] = [
    quantile(sorted, 0.25),
    median(sorted),
    quantile(sorted, 0.75),
    one.latencies[0] / other.latencies[0],
  ].map((ratio) => ratio.toFixed(2));
  return `${middle} (${low}-${high}) / ${p50}`;
}
