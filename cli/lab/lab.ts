import { eitherOf } from "../../argument.ts";
import { SLOW_MS } from "../../storage/directory/mod.ts";
import { AMOUNT, parsePolicy } from "../../policies/parse_policy.ts";
import { constantCosts, type CostModel } from "../../simulator/costs.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import { sampledTurns } from "../../simulator/sampled_costs.ts";
import type { Simulation } from "../../simulator/simulation.ts";
import { POLICY_EXAMPLES } from "../append/append.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  parseNumber,
  refusal,
} from "../command.ts";
import { EXIT, signalExitCode, writeLine } from "../io/cli_io.ts";
import { formatAmount, formatDuration } from "../io/format.ts";
import { readTraceFile } from "../io/trace_file.ts";
import {
  candidatesFor,
  figuresOf,
  medianFlushMs,
  replayAll,
  type ReplayOptions,
  tracedCosts,
} from "./candidates.ts";
import { decide, type DecideOptions, type Goal, GOALS } from "./decide.ts";
import {
  compareReplay,
  describeTrace,
  type ReplayError,
} from "./describe_trace.ts";
import { formatLab, labJson } from "./format_lab.ts";

/** How policies are compared; "wal doctor" takes the same. */
export interface CompareOptions extends DecideOptions {
  /** How often each policy is replayed. */
  readonly seeds: number;
  /** The policy in force when the trace was recorded, if it does not say so. */
  readonly recordedPolicy?: string;
}

/** Options of {@linkcode lab}. */
interface LabOptions extends CompareOptions {
  /** Path of the trace. */
  readonly trace: string;
  /** Policies in their short notation; empty for those that suit the trace. */
  readonly policies: readonly string[];
  /** How long each sync takes, in ms; absent for as long as in the trace. */
  readonly syncMs?: number;
  /** The price of a million flushes. */
  readonly pricePerMillion?: number;
  readonly json: boolean;
}

/** The arguments that {@linkcode parseCompareOptions} reads. */
export const COMPARE_ARGUMENTS = {
  goal: { type: "string", values: GOALS },
  "max-p99-ms": { type: "string" },
  seeds: { type: "string" },
  "recorded-policy": { type: "string" },
} as const;

/** What "--help" says about them. */
export const COMPARE_HELP = `\
  --goal GOAL              what decides: mean (the default), p99, rate, which is
                           records/s, or money: the fewest flushes per record
  --max-p99-ms MS          leave out policies whose p99 exceeds this in more
                           than one run of ten
  --seeds N                replay each policy N times, with recorded costs in
                           another order; default 10
  --recorded-policy POLICY the log's policy when the trace was recorded, if the
                           trace does not name it: its replay is compared with
                           what was recorded`;

const HELP = `Usage: wal lab TRACE [OPTIONS]

Replays the appends in the file TRACE under several policies, in a simulator.
Shows how long appends would have waited until they were durable, how many
flushes each policy would have needed, and which policy is best, if one clearly
is. A log records a trace on request: with "wal append --trace FILE", or
Wal.open(dir, { trace }).

The first row is what the log itself did. Appends that waited for the ack of an
earlier one come as long after it as they did; all others keep their times.

  --policy POLICY          a policy to try, as in "wal append"; may be repeated.
                           By default some that suit what the flushes cost
${COMPARE_HELP}
  --sync-ms MS             how long each sync takes, instead of the durations in
                           the trace
  --price-per-million N    the price of a million flushes, as in object storage:
                           adds what each policy costs in a month
  --json                   one JSON object instead of text, with durations in ms`;

const OPTIONS = {
  ...COMPARE_ARGUMENTS,
  policy: { type: "string", multiple: true, values: POLICY_EXAMPLES },
  "sync-ms": { type: "string" },
  "price-per-million": { type: "string" },
  ...JSON_OPTION,
} as const;

/** `wal lab`: replays a trace under several policies. */
export const lab: CliCommand<LabOptions> = {
  name: "lab",
  summary: "replay a trace under several policies and compare them",
  help: HELP,
  operand: "file",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { policy: policies = [], json = false } = values;
    // Bad policies are refused before a long trace is read.
    for (const policy of policies) parsePolicy(policy);
    const { "sync-ms": sync, "price-per-million": price } = values;
    return {
      trace: onlyArgument("lab", "trace", positionals),
      policies,
      ...parseCompareOptions(values),
      ...(sync !== undefined && {
        syncMs: parseNumber("--sync-ms", sync, AMOUNT),
      }),
      ...(price !== undefined && {
        pricePerMillion: parseNumber("--price-per-million", price, AMOUNT),
      }),
      json,
    };
  },
  async run(options, { stdout, interrupt }) {
    const trace = await readTraceFile(options.trace);
    const { seeds, maxP99Ms, syncMs, pricePerMillion } = options;
    const recorded = recordedRun(trace);
    const replay = {
      ...{ trace, seeds, pricePerMillion },
      costsOf: (seed: number) => costsOf(options, trace, seed),
      pause: pauseUntil(interrupt),
    };
    const contenders = await replayAll(choosePolicies(options, trace), replay);
    const error = syncMs === undefined
      ? await replayError(trace, recorded, options, replay.pause)
      : undefined;
    if (contenders === undefined || interrupt.aborted) {
      return signalExitCode(interrupt.reason);
    }
    const report = {
      trace: describeTrace(trace, recorded),
      costs: describeCosts(options, trace),
      seeds,
      recorded: recorded &&
        figuresOf({ name: RECORDED, run: recorded }, pricePerMillion),
      verdict: decide(contenders, options),
      ...{ maxP99Ms, error },
    };
    if (options.json) await writeLine(stdout, JSON.stringify(labJson(report)));
    else for (const line of formatLab(report)) await writeLine(stdout, line);
    return EXIT.ok;
  },
};

/** Reads the options that decide between policies. */
export function parseCompareOptions(
  values: { readonly [Name in keyof typeof COMPARE_ARGUMENTS]?: string },
): CompareOptions {
  const { goal = GOALS[0], seeds = "10" } = values;
  const { "max-p99-ms": most, "recorded-policy": recordedPolicy } = values;
  if (!(GOALS as readonly string[]).includes(goal)) {
    throw refusal("--goal", eitherOf(GOALS), goal);
  }
  if (recordedPolicy !== undefined) parsePolicy(recordedPolicy);
  return {
    goal: goal as Goal,
    ...(most !== undefined && {
      maxP99Ms: parseNumber("--max-p99-ms", most, AMOUNT),
    }),
    seeds: parseNumber("--seeds", seeds),
    ...(recordedPolicy !== undefined && { recordedPolicy }),
  };
}

/** Signals are delivered in a pause. */
export function pauseUntil(interrupt: AbortSignal): ReplayOptions["pause"] {
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return !interrupt.aborted;
  };
}

/**
 * How far a replay of the recorded policy is from what was recorded; `undefined`
 * if that cannot be known.
 */
export async function replayError(
  trace: Trace,
  recorded: Simulation | undefined,
  { seeds, recordedPolicy = trace.policy }: CompareOptions,
  pause: ReplayOptions["pause"],
): Promise<ReplayError | undefined> {
  if (recordedPolicy === undefined || !isPolicy(recordedPolicy)) return;
  if (recorded === undefined || recorded.latencies.length === 0) return;
  const costsOf = (seed: number) => tracedCosts(trace, seed);
  const options = { trace, costsOf, seeds, pause };
  const replayed = await replayAll([recordedPolicy], options);
  return replayed && compareReplay(recorded, replayed[0]);
}

/** A trace may come from a program with other policies. */
function isPolicy(text: string): boolean {
  try {
    parsePolicy(text);
    return true;
  } catch {
    return false;
  }
}

/** What the log itself did; no policy has such a name. */
const RECORDED = "(as recorded)";

function costsOf(
  { syncMs }: LabOptions,
  trace: Trace,
  seed: number,
): CostModel {
  if (syncMs === undefined) return tracedCosts(trace, seed);
  const { depth = 1 } = trace.options;
  const isBlocking = depth === 1 && syncMs < SLOW_MS;
  const turns = sampledTurns(trace.turns ?? [], seed);
  return { ...constantCosts({ syncMs }), ...turns, isBlocking };
}

function describeCosts({ syncMs }: LabOptions, { flushes }: Trace): string {
  if (syncMs !== undefined) return `each sync takes ${syncMs} ms`;
  const median = formatDuration(medianFlushMs(flushes));
  return `those of ${formatAmount(flushes.length, "recorded flush", "es")}, ` +
    `with a median of ${median}`;
}

function choosePolicies(
  options: LabOptions,
  { flushes }: Trace,
): readonly string[] {
  const { policies, syncMs } = options;
  if (policies.length > 0) return policies;
  return candidatesFor(syncMs ?? medianFlushMs(flushes), options);
}
