import { join } from "node:path";
import process from "node:process";
import { defaultStorage } from "../open_frame_log.ts";
import { simulate } from "../simulator/simulate.ts";
import { seeded } from "../storage/_seeded.ts";
import type { Trace } from "../trace/load_trace.ts";
import { type CliIo, writeLine } from "./cli_io.ts";
import { formatCode } from "./doctor/format_code.ts";
import {
  type DoctorReport,
  formatDoctor,
  type Result,
  toJson,
} from "./doctor/format_doctor.ts";
import { judgePlace } from "./doctor/judge_place.ts";
import { type Measured, measureInTurns } from "./doctor/measure_in_turns.ts";
import { measuredCosts } from "./doctor/measured_costs.ts";
import { readPlace } from "./doctor/read_place.ts";
import { recommend } from "./doctor/recommend.ts";
import { withScratchDirectory } from "./doctor/scratch_directory.ts";
import { StorageSubject } from "./doctor/storage_subject.ts";
import type { Subject } from "./doctor/subject.ts";
import { PAGE_BYTES, type Trial, TRIALS } from "./doctor/trial.ts";
import { WorkerSubject } from "./doctor/worker_subject.ts";
import { EXIT, signalExitCode } from "./exit_code.ts";
import { candidatesFor } from "./lab/candidates.ts";
import { type Figures, figuresOf } from "./lab/contender.ts";
import type { DoctorCommand } from "./parse_doctor.ts";
import { parsePolicy } from "./parse_policy.ts";
import { readLockState } from "./read_lock_state.ts";
import { requireDirectory } from "./require_directory.ts";
import { readTraceFile } from "./trace_file.ts";

/** Measures a directory's syncs; a warning is no failure. */
export async function runDoctor(
  command: DoctorCommand,
  { stdout, stderr, interrupt }: CliIo,
): Promise<number> {
  const { directory, seconds, json } = command;
  requireDirectory("measure", directory);
  const trace = command.trace === undefined
    ? undefined
    : await readTraceFile(command.trace);
  if (stderr.isTerminal) {
    await writeLine(stderr, `measuring "${directory}" for ${seconds} s`);
  }
  const found = await withScratchDirectory(
    directory,
    (scratch) => measure(scratch, seconds, interrupt),
  );
  if (interrupt.aborted) return signalExitCode(interrupt.reason);
  const report = await toReport(command, found, trace);
  if (json) await writeLine(stdout, JSON.stringify(toJson(report)));
  else for (const line of formatDoctor(report)) await writeLine(stdout, line);
  return EXIT.ok;
}

async function measure(
  scratch: string,
  seconds: number,
  signal: AbortSignal,
): Promise<Measured[]> {
  const subjects: Subject[] = [];
  try {
    for (const [index, trial] of TRIALS.entries()) {
      if (signal.aborted) return [];
      subjects.push(await makeSubject(scratch, `${index}`, trial));
    }
    return await measureInTurns(subjects, {
      totalMs: seconds * 1000,
      choose: seeded(1),
      signal,
      now: () => performance.now(),
    });
  } finally {
    for (const subject of subjects) await subject.close();
  }
}

async function makeSubject(
  scratch: string,
  name: string,
  trial: Trial,
): Promise<Subject> {
  const io = trial.call === "threaded" ? "threaded" : "blocking";
  const storage = await defaultStorage(scratch, { io });
  const subject = await StorageSubject.make(storage, name, trial);
  if (trial.call !== "worker") return subject;
  await subject.close();
  return await WorkerSubject.make(join(scratch, name), trial);
}

async function toReport(
  { directory, seconds }: DoctorCommand,
  found: readonly Measured[],
  trace: Trace | undefined,
): Promise<DoctorReport> {
  const results = TRIALS.map((trial, index) => ({ trial, ...found[index] }));
  const of = (call: Trial["call"]) =>
    results.find(({ trial }) =>
      trial.file === "zeroed" && trial.call === call &&
      trial.bytes === PAGE_BYTES
    )!;
  const { all: blocking, halves } = of("blocking");
  const syncMs = blocking.quantile(0.5);
  const place = readPlace(directory);
  const rows = trace && simulateAll(trace, results, syncMs);
  const recommendation = recommend({
    blockingMs: { p50: syncMs, p99: blocking.quantile(0.99) },
    threadedMs: of("threaded").all.quantile(0.5),
  }, rows);
  const lock = readLockState(directory);
  const [first, second] = halves.map((half) => half.quantile(0.5));
  const storageWarning = (await defaultStorage(directory)).warning();
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
    code: formatCode(directory, recommendation, storage),
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
  // A trace without appends decides nothing.
  return rows.filter(({ meanMs }) => !Number.isNaN(meanMs));
}

function describeRuntime(): string {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return `Deno ${deno}`;
  return bun === undefined ? `Node ${node}` : `Bun ${bun}`;
}
