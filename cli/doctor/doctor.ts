import process from "node:process";
import { defaultStorage } from "../../open_log.ts";
import { AMOUNT, parsePolicy } from "../../policies/parse_policy.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { simulate } from "../../simulator/simulate.ts";
import {
  type CliCommand,
  onlyArgument,
  parseArguments,
  parseNumber,
  UsageError,
} from "../command.ts";
import { readLockState } from "../examine/lock_state.ts";
import { EXIT, signalExitCode, writeLine } from "../io/cli_io.ts";
import { requireDirectory } from "../io/log_directory.ts";
import { readTraceFile } from "../io/trace_file.ts";
import { candidatesFor, type Figures, figuresOf } from "../lab/candidates.ts";
import { formatCode } from "./format_code.ts";
import { type DoctorReport, formatDoctor, toJson } from "./format_doctor.ts";
import { type Measured, measureTrials, type Result } from "./measure_trials.ts";
import { measuredCosts } from "./measured_costs.ts";
import { judgePlace, readDirectoryInfo } from "./place.ts";
import { recommend } from "./recommend.ts";
import { PAGE_BYTES, type Trial } from "./subject.ts";

/** Options of {@linkcode doctor}. */
interface DoctorOptions {
  readonly directory: string;
  /** How long to measure. */
  readonly seconds: number;
  /** Path of a trace whose appends decide on the policy. */
  readonly trace?: string;
  readonly json: boolean;
}

const HELP = `Usage: wal doctor DIR [OPTIONS]

Measures what it costs to make a write durable in the directory DIR, which must
exist, and recommends options for a log there. It writes as a log does, to a
zero-filled file and to one that grows; syncs on the calling thread, on the
runtime's thread pool and on a worker thread; and writes several sizes. All take
turns in each round, in a different order each time, so that other load affects
all alike. Warns if a sync there does not do what a log relies on.

  --seconds N    how long to measure; default 10
  --trace FILE   choose the policy by simulating the appends in this trace with
                 the measured costs; see "wal lab --help"
  --json         one JSON object instead of text, with durations in ms

Takes no lock and touches no log. It temporarily needs 200 MB in a directory
".wal-doctor-XXXXXX" in DIR, which it removes, even after Ctrl-C. Only a killed
process leaves it behind; it may then be deleted.`;

/** `wal doctor`: measures a directory's syncs; a warning is not a failure. */
export const doctor: CliCommand<DoctorOptions> = {
  name: "doctor",
  summary: "measure what a sync costs in a directory, and recommend options",
  help: HELP,
  parse(args) {
    const { values, positionals } = parseArguments(args, {
      seconds: { type: "string" },
      trace: { type: "string" },
      json: { type: "boolean" },
    });
    const { seconds, trace, json = false } = values;
    return {
      directory: onlyArgument("doctor", "directory", positionals),
      seconds: parseSeconds(seconds ?? "10"),
      ...(trace !== undefined && { trace }),
      json,
    };
  },
  async run(options, { stdout, stderr, interrupt }) {
    const { directory, seconds, json } = options;
    requireDirectory("measure", directory);
    const trace = options.trace === undefined
      ? undefined
      : await readTraceFile(options.trace);
    if (stderr.isTerminal) {
      await writeLine(stderr, `measuring "${directory}" for ${seconds} s`);
    }
    const results = await measureTrials(directory, seconds, interrupt);
    if (interrupt.aborted) return signalExitCode(interrupt.reason);
    const report = await toReport(options, results, trace);
    if (json) await writeLine(stdout, JSON.stringify(toJson(report)));
    else for (const line of formatDoctor(report)) await writeLine(stdout, line);
    return EXIT.ok;
  },
};

function parseSeconds(text: string): number {
  const seconds = parseNumber("--seconds", text, AMOUNT);
  if (seconds > 0) return seconds;
  throw new UsageError(`--seconds must be above 0: received "${text}"`);
}

async function toReport(
  { directory, seconds }: DoctorOptions,
  results: readonly (Result & Measured)[],
  trace: Trace | undefined,
): Promise<DoctorReport> {
  const of = (call: Trial["call"]) =>
    results.find(({ trial }) =>
      trial.file === "zeroed" && trial.call === call &&
      trial.bytes === PAGE_BYTES
    )!;
  const { all: blocking, halves } = of("blocking");
  const syncMs = blocking.quantile(0.5);
  const place = readDirectoryInfo(directory);
  const rows = trace && simulateAll(trace, results, syncMs);
  const recommendation = recommend({
    blockingMs: { p50: syncMs, p99: blocking.quantile(0.99) },
    threadedMs: of("threaded").all.quantile(0.5),
  }, rows);
  const lock = readLockState(directory);
  const [first, second] = halves.map((half) => half.quantile(0.5));
  const adapter = await defaultStorage(directory);
  const storageWarning = adapter.warning();
  const warnings = judgePlace({
    ...{ place, lock, syncMs, halvesMs: [first, second] },
    ...(storageWarning !== undefined && { storageWarning }),
  });
  const storage = "Deno" in globalThis ? "DenoStorage" : "NodeStorage";
  return {
    place,
    runtime: describeRuntime(),
    seconds,
    results: results.map(({ trial, all }) => ({ trial, all })),
    warnings,
    ...(rows !== undefined && { rows }),
    recommendation,
    code: formatCode({ ...recommendation, directory, storage }),
  };
}

function simulateAll(
  trace: Trace,
  results: readonly Result[],
  syncMs: number,
): Figures[] {
  const costs = measuredCosts(results);
  const rows = candidatesFor(syncMs).map((name) => {
    const policy = parsePolicy(name);
    const run = simulate(policy, trace.arrivals, costs, trace.options);
    return figuresOf({ name, run });
  });
  // A trace without appends cannot decide anything.
  return rows.filter(({ meanMs }) => !Number.isNaN(meanMs));
}

function describeRuntime(): string {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return `Deno ${deno}`;
  return bun === undefined ? `Node ${node}` : `Bun ${bun}`;
}
