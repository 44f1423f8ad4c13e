import { AMOUNT, parsePolicy } from "../../policies/parse_policy.ts";
import { constantCosts, type CostModel } from "../../simulator/costs.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import { sampledCosts } from "../../simulator/sampled_costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import {
  type CliCommand,
  onlyArgument,
  parseArguments,
  parseNumber,
} from "../command.ts";
import { EXIT, signalExitCode, writeLine } from "../io/cli_io.ts";
import { formatAmount, formatDuration } from "../io/format.ts";
import { readTraceFile } from "../io/trace_file.ts";
import {
  type Candidate,
  candidatesFor,
  figuresOf,
  medianFlushMs,
} from "./candidates.ts";
import { describeTrace } from "./describe_trace.ts";
import { formatLab } from "./format_lab.ts";

/** Options of {@linkcode lab}. */
interface LabOptions {
  /** Path of the trace. */
  readonly trace: string;
  /** Policies in their short notation; empty for those that suit the trace. */
  readonly policies: readonly string[];
  /** How long each sync takes, in ms; absent for as long as in the trace. */
  readonly syncMs?: number;
  /** Selects the costs that are drawn from the trace. */
  readonly seed: number;
  /** The price of a million flushes. */
  readonly pricePerMillion?: number;
  readonly json: boolean;
}

const HELP = `Usage: wal lab TRACE [OPTIONS]

Replays the appends in the file TRACE under several policies, in a simulator.
Shows how long appends would have waited until they were durable, and how many
flushes each policy would have needed. A log records a trace on request: with
"wal append --trace FILE", or Wal.open(dir, { trace }).

The first row is what the log itself did. The appends keep the times of the
trace, although callers that wait for acks would have made them at other times.

  --policy POLICY          a policy to try, as in "wal append"; may be repeated.
                           By default some that suit what the flushes cost
  --sync-ms MS             how long each sync takes, instead of durations drawn
                           at random from those in the trace
  --seed N                 draw other durations; default 1
  --price-per-million N    the price of a million flushes, as in object storage:
                           adds what each policy costs in a month
  --json                   one JSON object instead of text, with durations in ms`;

/** `wal lab`: replays a trace under several policies. */
export const lab: CliCommand<LabOptions> = {
  name: "lab",
  summary: "replay a trace under several policies and compare them",
  help: HELP,
  parse(args) {
    const { values, positionals } = parseArguments(args, {
      policy: { type: "string", multiple: true },
      "sync-ms": { type: "string" },
      seed: { type: "string" },
      "price-per-million": { type: "string" },
      json: { type: "boolean" },
    });
    const { policy: policies = [], seed = "1", json = false } = values;
    // Bad policies are refused before a long trace is read.
    for (const policy of policies) parsePolicy(policy);
    const { "sync-ms": sync, "price-per-million": price } = values;
    return {
      trace: onlyArgument("lab", "trace", positionals),
      policies,
      ...(sync !== undefined && {
        syncMs: parseNumber("--sync-ms", sync, AMOUNT),
      }),
      seed: parseNumber("--seed", seed),
      ...(price !== undefined && {
        pricePerMillion: parseNumber("--price-per-million", price, AMOUNT),
      }),
      json,
    };
  },
  async run(options, { stdout, interrupt }) {
    const trace = await readTraceFile(options.trace);
    const [costs, costsText] = chooseCosts(options, trace);
    const recorded = recordedRun(trace);
    const candidates: Candidate[] = [];
    if (recorded !== undefined) {
      candidates.push({ name: RECORDED, run: recorded });
    }
    for (const name of choosePolicies(options, trace)) {
      // Signals are delivered between runs, which take about 1 us per append.
      await new Promise((resolve) => setImmediate(resolve));
      if (interrupt.aborted) return signalExitCode(interrupt.reason);
      const policy = parsePolicy(name);
      const run = simulate(policy, trace.arrivals, costs, trace.options);
      candidates.push({ name, run });
    }
    const report = {
      trace: describeTrace(trace, recorded),
      costs: costsText,
      rows: candidates.map((one) => figuresOf(one, options.pricePerMillion)),
    };
    if (options.json) await writeLine(stdout, JSON.stringify(report));
    else for (const line of formatLab(report)) await writeLine(stdout, line);
    return EXIT.ok;
  },
};

/** What the log itself did; no policy has such a name. */
const RECORDED = "(as recorded)";

function chooseCosts(
  { syncMs, seed }: LabOptions,
  { flushes }: Trace,
): [CostModel, string] {
  if (syncMs !== undefined) {
    return [constantCosts({ syncMs }), `each sync takes ${syncMs} ms`];
  }
  const median = formatDuration(medianFlushMs(flushes));
  return [
    sampledCosts(flushes, seed),
    `drawn from ${formatAmount(flushes.length, "recorded flush", "es")} ` +
    `with a median of ${median}`,
  ];
}

function choosePolicies(
  { policies, syncMs }: LabOptions,
  { flushes }: Trace,
): readonly string[] {
  if (policies.length > 0) return policies;
  return candidatesFor(syncMs ?? medianFlushMs(flushes));
}
