import { writeFileSync } from "node:fs";
import { constantCosts, type CostModel } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { StorageError } from "../../storage/storage_error.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import { sampledCosts } from "../../simulator/sampled_costs.ts";
import { type CliIo, writeLine } from "../io/cli_io.ts";
import { EXIT, signalExitCode } from "../exit_code.ts";
import { formatAmount, formatDuration } from "../io/format.ts";
import {
  candidatesFor,
  type Contender,
  figuresOf,
  medianFlushMs,
} from "./candidates.ts";
import { describeTrace } from "./describe_trace.ts";
import { drawLab } from "./draw_lab.ts";
import { formatLab } from "./format_lab.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { readTraceFile } from "../append/trace_file.ts";
import {
  onlyArgument,
  parseArguments,
  parseDuration,
  parseInteger,
  parsePrice,
} from "../parse_value.ts";

/** What the log itself did, which no policy of the command line may be. */
const RECORDED = "(as recorded)";

/** Replays a trace through policies. */
export async function runLab(
  command: LabCommand,
  { stdout, interrupt }: CliIo,
): Promise<number> {
  const trace = await readTraceFile(command.trace);
  const [costs, costsText] = chooseCosts(command, trace);
  const recorded = recordedRun(trace);
  const contenders: Contender[] = [];
  if (recorded !== undefined) {
    contenders.push({ name: RECORDED, run: recorded });
  }
  for (const name of choosePolicies(command, trace)) {
    // Signals are heard between runs, which take about 1 us an append.
    await new Promise((resolve) => setImmediate(resolve));
    if (interrupt.aborted) return signalExitCode(interrupt.reason);
    const policy = parsePolicy(name);
    const run = simulate(policy, trace.arrivals, costs, trace.options);
    contenders.push({ name, run });
  }
  const { pricePerMillion, svg, json } = command;
  const report = {
    trace: describeTrace(trace, recorded),
    costs: costsText,
    rows: contenders.map((one) => figuresOf(one, pricePerMillion)),
  };
  if (svg !== undefined) writePlot(svg, contenders, costsText);
  if (json) await writeLine(stdout, JSON.stringify(report));
  else for (const line of formatLab(report)) await writeLine(stdout, line);
  return EXIT.ok;
}

function chooseCosts(
  { syncMs, seed }: LabCommand,
  { flushes }: Trace,
): [CostModel, string] {
  if (syncMs !== undefined) {
    return [constantCosts({ syncMs }), `each sync takes ${syncMs} ms`];
  }
  const median = formatDuration(medianFlushMs(flushes));
  return [
    sampledCosts(flushes, seed),
    `drawn from ${formatAmount(flushes.length, "recorded flush", "es")}, ` +
    `with a median of ${median}`,
  ];
}

function choosePolicies(
  { policies, syncMs }: LabCommand,
  { flushes }: Trace,
): string[] {
  if (policies.length > 0) return policies;
  return candidatesFor(syncMs ?? medianFlushMs(flushes));
}

function writePlot(
  path: string,
  contenders: readonly Contender[],
  costs: string,
): void {
  try {
    writeFileSync(path, drawLab(contenders, costs));
  } catch (error) {
    throw StorageError.wrap("write", path, error);
  }
}

/** `lab`, parsed. */
export interface LabCommand {
  name: "lab";
  /** Path of the trace. */
  trace: string;
  /** Policies as they are described; empty for those that suit the trace. */
  policies: string[];
  /** What each sync takes, in ms; absent for what they took. */
  syncMs?: number;
  /** Which of the costs that were seen are drawn. */
  seed: number;
  /** What a million flushes cost. */
  pricePerMillion?: number;
  /** Path of a plot to be written. */
  svg?: string;
  json: boolean;
}

/** Reads the arguments of `lab`; throws `UsageError`. */
export function parseLab(
  args: string[],
): LabCommand | { name: "help"; topic: "lab" } {
  const { values, positionals } = parseArguments(args, {
    policy: { type: "string", multiple: true },
    "sync-ms": { type: "string" },
    seed: { type: "string" },
    "price-per-million": { type: "string" },
    svg: { type: "string" },
    json: { type: "boolean" },
  });
  if (values.help) return { name: "help", topic: "lab" };
  const policies = values.policy ?? [];
  // One that is wrong is refused before a long trace is read.
  for (const policy of policies) parsePolicy(policy);
  const { svg, "sync-ms": sync, "price-per-million": price } = values;
  return {
    name: "lab",
    trace: onlyArgument("lab", "trace", positionals),
    policies,
    ...(sync !== undefined && { syncMs: parseDuration("--sync-ms", sync) }),
    seed: parseInteger("--seed", values.seed ?? "1"),
    ...(price !== undefined && {
      pricePerMillion: parsePrice("--price-per-million", price),
    }),
    ...(svg !== undefined && { svg }),
    json: values.json ?? false,
  };
}
