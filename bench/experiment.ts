/*
 * The skeleton of every experiment. It owns the command line, the scratch
 * directory, the order of the measurements, the header, and what becomes of the
 * results: tables, JSON, plots. An experiment declares the rest.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "../random.ts";
import { benchDir } from "./packages.ts";
import { bundle, projectDir, runJob } from "./process/run_job.ts";
import {
  describeRuntime,
  type RuntimeName,
  runtimeNames,
} from "./process/runtime.ts";
import { makeScratch, type Scratch } from "./process/scratch.ts";
import {
  describeLibrary,
  describeMachine,
  headerLine,
} from "./report/machine.ts";
import {
  commonOptions,
  formatRules,
  type OptionRules,
  type Options,
  parseOptions,
} from "./report/options.ts";
import { Progress } from "./report/progress.ts";
import { shuffled } from "./report/statistics.ts";

/** What an experiment is: its options, what it measures, what it reports. */
export interface Declaration<Setting, Result extends object> {
  /** Its task is called `bench:` plus this name. */
  readonly name: string;
  /** The first lines of its help. */
  readonly about: string;
  /** Its options, except those that all experiments have. */
  readonly options: OptionRules;
  /** The runtimes that it can measure on. Node and Deno by default. */
  readonly runtimes?: readonly RuntimeName[];
  /** The source of its worker, below `bench/`. */
  readonly worker: string;
  /**
   * How long a worker may take before it counts as hanging. A minute by
   * default.
   */
  readonly timeoutMs?: number;
  /** Reads its options. What it throws is shown as a usage error. */
  read(options: Options): Setting;
  /** Lines that its header has on top of those of all experiments. */
  header?(setting: Setting): string[];
  /** Measures. The result must survive a round trip through JSON. */
  measure(run: Run, setting: Setting): Promise<Result>;
  /** The tables of one runtime, or `""` if there is nothing to show. */
  format(result: Result, runtime: RuntimeName, setting: Setting): string;
  /** Draws plots into `out`; returns their files. */
  draw?(result: Result, page: PlotPage): Promise<string[]>;
}

/** Where plots go, and what they say about the machine. */
export interface PlotPage {
  readonly out: string;
  readonly runtimes: readonly RuntimeName[];
  /** The header's lines about the machine. */
  readonly machine: readonly string[];
  /** The machine in one line. */
  readonly subtitle: string;
}

/** An experiment that can be run. */
export interface Experiment {
  readonly name: string;
  /** The first line of its help. */
  readonly summary: string;
  /** Runs it with a command line; returns the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** A measurement that is made once per round, in its own process. */
export interface Task<Job extends object> {
  readonly runtime: RuntimeName;
  /** What progress calls it. */
  readonly title: string;
  readonly job: Job;
  /** Where its directory is made. The run's directory by default. */
  readonly parent?: string;
}

/** A measurement that was made: its job and what the worker answered. */
export type Sample<Job, Found> = Job & Found & {
  readonly runtime: RuntimeName;
  readonly round: number;
};

/** Gives a declared experiment its command line. */
export function defineExperiment<Setting, Result extends object>(
  declaration: Declaration<Setting, Result>,
): Experiment {
  const { name, about } = declaration;
  return {
    name,
    summary: about.split("\n")[0],
    run: (args) => runExperiment(declaration, args),
  };
}

/** A run of an experiment: where it measures, and how. */
export class Run {
  /** The runtimes to measure on. */
  readonly runtimes: readonly RuntimeName[];
  /** A directory on the disk to measure. */
  readonly directory: string;
  /** The bundled worker. */
  readonly worker: string;
  readonly progress = new Progress();
  /** Measurements that failed. */
  failures = 0;
  readonly #timeoutMs: number | undefined;

  /** A run in `directory`. */
  constructor(
    directory: string,
    worker: string,
    runtimes: readonly RuntimeName[],
    timeoutMs?: number,
  ) {
    this.directory = directory;
    this.worker = worker;
    this.runtimes = runtimes;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Makes every measurement once per round. Those of a group follow each other
   * directly, in a different order each round, so that a disk that drifts
   * favours none of them. One that fails is reported and left out.
   */
  async measure<Job extends object, Found extends object>(
    groups: readonly (readonly Task<Job>[])[],
    rounds = 1,
  ): Promise<Sample<Job, Found>[]> {
    const random = new SeededRandom(1);
    const samples: Sample<Job, Found>[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const group of groups) {
        const found = new Map<Task<Job>, Sample<Job, Found>>();
        for (const task of shuffled(group, random)) {
          const prefix = rounds > 1 ? `round ${round}/${rounds}, ` : "";
          this.progress.step(`${prefix}${task.title} on ${task.runtime}`);
          const sample = await this.#sample<Job, Found>(task, round);
          if (sample !== undefined) found.set(task, sample);
        }
        for (const task of group) {
          const sample = found.get(task);
          if (sample !== undefined) samples.push(sample);
        }
      }
    }
    return samples;
  }

  async #sample<Job extends object, Found extends object>(
    { runtime, title, job, parent = this.directory }: Task<Job>,
    round: number,
  ): Promise<Sample<Job, Found> | undefined> {
    const site = {
      ...{ runtime, worker: this.worker, parent },
      ...(this.#timeoutMs !== undefined && { timeoutMs: this.#timeoutMs }),
    };
    try {
      const found = await runJob<Found>(site, { ...job, round });
      return { runtime, round, ...job, ...found };
    } catch (error) {
      this.failures++;
      this.progress.warn(`FAILED ${title} on ${runtime}: ${error}`);
      return undefined;
    }
  }
}

async function runExperiment<Setting, Result extends object>(
  declaration: Declaration<Setting, Result>,
  args: readonly string[],
): Promise<number> {
  const { name, about } = declaration;
  const rules = { ...declaration.options, ...commonOptions };
  let options: Options;
  let setting: Setting;
  let runtimes: RuntimeName[];
  try {
    options = parseOptions(args, rules);
    if (options.has("help")) {
      console.log(
        `Usage: deno task bench:${name} [options]\n\n${about}\n\nOptions:\n` +
          formatRules(rules),
      );
      return 0;
    }
    const known = (declaration.runtimes ?? runtimeNames)
      .map((name) => ({ name }));
    runtimes = options.choose("runtime", known).map(({ name }) => name);
    setting = declaration.read(options);
  } catch (error) {
    console.error(`bench:${name}: ${(error as Error).message}; see --help`);
    return 2;
  }
  using scratch = makeScratch("bench", options.text("dir"));
  const worker = await bundle(declaration.worker);
  const { timeoutMs } = declaration;
  const run = new Run(scratch.directory, worker, runtimes, timeoutMs);
  await measureAndReport(declaration, setting, options, scratch, run);
  return run.failures > 0 ? 1 : 0;
}

async function measureAndReport<Setting, Result extends object>(
  declaration: Declaration<Setting, Result>,
  setting: Setting,
  options: Options,
  scratch: Scratch,
  run: Run,
): Promise<void> {
  const { name, header, format, draw } = declaration;
  const { runtimes, progress } = run;
  const machine = describeMachine(scratch, runtimes);
  const lines = [
    ...machine,
    headerLine("library", describeLibrary(projectDir)),
    ...header?.(setting) ?? [],
    headerLine("options", `${options}`),
  ];
  const isJson = options.has("json");
  if (!isJson) { for (const line of lines) progress.say(line); }
  const result = await declaration.measure(run, setting);
  const json = JSON.stringify({ experiment: name, header: lines, ...result });
  if (isJson) return progress.say(json);
  for (const runtime of runtimes) {
    const tables = format(result, runtime, setting);
    if (tables === "") continue;
    progress.say(`\n## ${describeRuntime(runtime)}\n\n${tables}`);
  }
  const out = options.text("out") ?? join(benchDir, ".build");
  mkdirSync(out, { recursive: true });
  const file = join(out, `${name}.json`);
  writeFileSync(file, json);
  progress.say(`\nsamples: ${file}`);
  const subtitle = machine.slice(0, 4).map((line) => line.slice(13)).join(", ");
  const plots = await draw?.(result, { out, runtimes, machine, subtitle });
  if (plots) progress.say(`plots: ${plots.join(" ")}`);
}
