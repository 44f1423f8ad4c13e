import process from "node:process";
import { defaultStorage } from "../../storage/storage_target.ts";
import { AMOUNT } from "../../policies/parse_policy.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import { sampledTurns } from "../../simulator/sampled_costs.ts";
import { SLOW_MS } from "../../storage/directory/mod.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  parseNumber,
  refusal,
  UsageError,
} from "../command.ts";
import { readLockState } from "../examine/lock_state.ts";
import { EXIT, signalExitCode, writeLine } from "../io/cli_io.ts";
import { requireDirectory } from "../io/log_directory.ts";
import { readTraceFile } from "../io/trace_file.ts";
import { candidatesFor, replayAll } from "../lab/candidates.ts";
import { decide } from "../lab/decide.ts";
import { describeTrace } from "../lab/describe_trace.ts";
import {
  COMPARE_ARGUMENTS,
  COMPARE_HELP,
  type CompareOptions,
  parseCompareOptions,
  pauseUntil,
  replayError,
} from "../lab/lab.ts";
import type { CertifyStorageOptions } from "./certify_storage.ts";
import { formatCode } from "./format_code.ts";
import {
  type DoctorReplay,
  type DoctorReport,
  formatDoctor,
  toJson,
} from "./format_doctor.ts";
import { type Measured, measureTrials, type Result } from "./measure_trials.ts";
import { measuredCosts } from "./measured_costs.ts";
import { judgePlace, readDirectoryInfo } from "./place.ts";
import { recommend } from "./recommend.ts";
import { PAGE_BYTES, type Trial } from "./subject.ts";

/** Options of {@linkcode doctor}. */
type DoctorOptions = DirectoryDoctorOptions | CertifyStorageOptions;

/** What to measure of a directory. */
interface DirectoryDoctorOptions extends CompareOptions {
  readonly directory: string;
  /** How long to measure. */
  readonly seconds: number;
  /** Path of a trace whose appends decide on the policy. */
  readonly trace?: string;
  readonly json: boolean;
}

const HELP = `Usage: wal doctor DIR [OPTIONS]
       wal doctor --storage s3://BUCKET/PREFIX [OPTIONS]

Measures what it costs to make a write durable in the directory DIR, which must
exist, and recommends options for a log there. It writes as a log does, to a
zero-filled file and to one that grows; syncs on the calling thread, on the
runtime's thread pool and on a worker thread; and writes several sizes. All take
turns in each round, in a different order each time, so that other load affects
all alike. Warns if a sync there does not do what a log relies on.

  --seconds N              how long to measure; default 10
  --trace FILE             choose the policy by simulating the appends in this
                           trace with the measured costs; see "wal lab --help"
${COMPARE_HELP}
  --json                   one JSON object instead of text, with durations in ms

With --storage, finds out whether object storage keeps what a log there relies
on, above all that of many who create an object exactly one succeeds; times
writes of several sizes, and says what they cost. The exit code is 1 if the
store breaks a rule. Credentials and region come from the environment, as
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION. It
needs the package aws4fetch.

  --storage URL            the place to certify; makes about 10,000 requests,
                           7,700 of them writes, and removes what it created
  --endpoint URL           address of the store, if it is not Amazon's; more
                           than once for several gateways, which all take part
  --region NAME            region to sign for
  --quick                  makes about a tenth of the requests
  --put-price N            price of 1000 writes; default 0.005

All of --goal, --max-p99-ms, --seeds and --recorded-policy need --trace.

Takes no lock and touches no log. It temporarily needs 200 MB in a directory
".wal-doctor-XXXXXX" in DIR, which it removes, even after Ctrl-C. Only a killed
process leaves it behind; it may then be deleted.`;

const OPTIONS = {
  ...COMPARE_ARGUMENTS,
  seconds: { type: "string" },
  trace: { type: "string", values: "file" },
  ...JSON_OPTION,
  storage: { type: "string" },
  endpoint: { type: "string", multiple: true },
  region: { type: "string" },
  quick: { type: "boolean" },
  "put-price": { type: "string" },
} as const;

/** Those that only object storage has. */
const STORAGE_OPTIONS = ["endpoint", "region", "quick", "put-price"] as const;

/** `wal doctor`: measures a directory's syncs; a warning is not a failure. */
export const doctor: CliCommand<DoctorOptions> = {
  name: "doctor",
  summary: "measure what a sync costs in a directory, and recommend options",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    if (values.storage !== undefined) return parseStorage(values, positionals);
    const astray = STORAGE_OPTIONS.find((name) => values[name] !== undefined);
    if (astray !== undefined) {
      throw new UsageError(`--${astray} needs --storage`);
    }
    const { seconds, trace, json = false, ...compared } = values;
    const [first] = Object.keys(compared);
    if (trace === undefined && first !== undefined) {
      throw new UsageError(`--${first} needs --trace`);
    }
    return {
      directory: onlyArgument("doctor", "directory", positionals),
      ...parseCompareOptions(compared),
      seconds: parseSeconds(seconds ?? "10"),
      ...(trace !== undefined && { trace }),
      json,
    };
  },
  async run(options, io) {
    if ("storage" in options) {
      const { certifyStorage } = await import("./certify_storage.ts");
      return await certifyStorage(options, io);
    }
    const { stdout, stderr, interrupt } = io;
    const { directory, seconds, json } = options;
    requireDirectory("measure", directory);
    const trace = options.trace === undefined
      ? undefined
      : await readTraceFile(options.trace);
    if (stderr.isTerminal && !json) {
      await writeLine(stderr, `measuring "${directory}" for ${seconds} s`);
    }
    const results = await measureTrials(directory, seconds, interrupt);
    if (interrupt.aborted) return signalExitCode(interrupt.reason);
    const replay = trace &&
      await replayTrace(options, results, trace, interrupt);
    if (interrupt.aborted) return signalExitCode(interrupt.reason);
    const report = await toReport(options, results, replay);
    if (json) await writeLine(stdout, JSON.stringify(toJson(report)));
    else for (const line of formatDoctor(report)) await writeLine(stdout, line);
    return EXIT.ok;
  },
};

/** What was given with --storage. */
function parseStorage(
  values: ReturnType<typeof parseArguments<typeof OPTIONS>>["values"],
  positionals: readonly string[],
): CertifyStorageOptions {
  const known: readonly string[] = ["storage", "json", ...STORAGE_OPTIONS];
  const other = Object.keys(values).find((name) => !known.includes(name));
  if (other !== undefined) throw new UsageError(`--${other} needs a directory`);
  if (positionals.length > 0) {
    throw new UsageError("doctor takes a directory or --storage, not both");
  }
  const { storage, endpoint = [], region, quick = false, json = false } =
    values;
  if (!storage!.startsWith("s3://")) {
    throw refusal("--storage", "s3://BUCKET or s3://BUCKET/PREFIX", storage!);
  }
  const price = values["put-price"] ?? "0.005";
  const putPrice = parseNumber("--put-price", price, AMOUNT);
  return {
    storage: storage!,
    endpoints: endpoint,
    region,
    quick,
    putPrice,
    json,
  };
}

function parseSeconds(text: string): number {
  const seconds = parseNumber("--seconds", text, AMOUNT);
  if (seconds > 0) return seconds;
  throw refusal("--seconds", "above 0", text);
}

async function toReport(
  { directory, seconds, maxP99Ms }: DirectoryDoctorOptions,
  results: readonly (Result & Measured)[],
  replay: DoctorReplay | undefined,
): Promise<DoctorReport> {
  const blocking = syncCosts(results, "blocking");
  const threaded = syncCosts(results, "threaded");
  const { p50: syncMs, halves } = blocking;
  const place = readDirectoryInfo(directory);
  const threads = { blocking, threaded };
  const recommendation = recommend(threads, replay?.verdict, maxP99Ms);
  const lock = readLockState(directory);
  const adapter = await defaultStorage(directory);
  const storageWarning = adapter.warning();
  const warnings = judgePlace({
    ...{ place, lock, syncMs, halvesMs: halves },
    ...(storageWarning !== undefined && { storageWarning }),
  });
  const storage = "Deno" in globalThis ? "DenoStorage" : "NodeStorage";
  return {
    place,
    runtime: describeRuntime(),
    seconds,
    results: results.map(({ trial, all }) => ({ trial, all })),
    warnings,
    replay,
    recommendation,
    code: formatCode({ ...recommendation, directory, storage }),
  };
}

/** What a page's sync cost on a thread. */
function syncCosts(
  results: readonly (Result & Measured)[],
  call: Trial["call"],
) {
  const { all, halves: [first, second] } = results.find(({ trial }) =>
    trial.file === "zeroed" && trial.call === call &&
    trial.bytes === PAGE_BYTES
  )!;
  const halves = [first.quantile(0.5), second.quantile(0.5)] as const;
  return { p50: all.quantile(0.5), p99: all.quantile(0.99), halves };
}

/** `undefined` for a trace without appends, and when interrupted. */
async function replayTrace(
  options: DirectoryDoctorOptions,
  results: readonly (Result & Measured)[],
  trace: Trace,
  interrupt: AbortSignal,
): Promise<DoctorReplay | undefined> {
  const recorded = recordedRun(trace);
  const summary = describeTrace(trace, recorded);
  if (summary.appends === 0) return undefined;
  const { seeds } = options;
  const pause = pauseUntil(interrupt);
  const { p50: syncMs } = syncCosts(results, "blocking");
  const contenders = await replayAll(candidatesFor(syncMs, options), {
    ...{ seeds, pause },
    // A disk makes one flush at a time, wherever the trace was recorded.
    trace: { ...trace, options: { ...trace.options, depth: 1 } },
    costsOf: (seed) => ({
      ...measuredCosts(results, seed),
      ...sampledTurns(trace.turns ?? [], seed),
      isBlocking: syncMs < SLOW_MS,
    }),
  });
  if (contenders === undefined) return undefined;
  const error = await replayError(trace, recorded, options, pause);
  const verdict = decide(contenders, options);
  return { trace: summary, seeds, verdict, error };
}

function describeRuntime(): string {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return `Deno ${deno}`;
  return bun === undefined ? `Node ${node}` : `Bun ${bun}`;
}
