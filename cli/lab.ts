import { writeFileSync } from "node:fs";
import { constantCosts } from "../simulator/constant_costs.ts";
import type { CostModel } from "../simulator/cost_model.ts";
import { simulate } from "../simulator/simulate.ts";
import { StorageError } from "../storage/storage_error.ts";
import type { Trace } from "../trace/load_trace.ts";
import { recordedRun } from "../trace/recorded_run.ts";
import { sampledCosts } from "../trace/sampled_costs.ts";
import { type CliIo, writeLine } from "./cli_io.ts";
import { EXIT, signalExitCode } from "./exit_code.ts";
import { formatAmount } from "./format_count.ts";
import { formatDuration } from "./format_duration.ts";
import { candidatesFor, medianFlushMs } from "./lab/candidates.ts";
import { type Contender, figuresOf } from "./lab/contender.ts";
import { describeTrace } from "./lab/describe_trace.ts";
import { drawLab } from "./lab/draw_lab.ts";
import { formatLab } from "./lab/format_lab.ts";
import type { LabCommand } from "./parse_lab.ts";
import { parsePolicy } from "./parse_policy.ts";
import { readTraceFile } from "./trace_file.ts";

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
