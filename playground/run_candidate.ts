import { figuresOf } from "../cli/lab/candidates.ts";
import { parsePolicy } from "../policies/parse_policy.ts";
import type { FlushReport } from "../policies/batch_policy.ts";
import { simulate } from "../simulator/simulate.ts";
import type { Simulation } from "../simulator/simulation.ts";
import type { Trace } from "../simulator/load_trace.ts";
import { recordedRun } from "../simulator/recorded_run.ts";
import { sampledCosts } from "../simulator/sampled_costs.ts";
import { type Candidate, RECORDED_ID } from "./candidate.ts";
import { costsOf, loadOf } from "./load_of.ts";
import { curveShares, type Outcome, type SweepPoint } from "./outcome.ts";
import { recordCourse } from "./record_course.ts";
import type { Settings } from "./settings.ts";

/** The trace, if it is what the settings ask for. */
export function traceIn(settings: Settings, trace?: Trace): Trace | undefined {
  return settings.load === "trace" ? trace : undefined;
}

/** Simulates a policy under the settings. */
export function runCandidate(
  { id, describe }: Candidate,
  settings: Settings,
  loaded?: Trace,
): Outcome {
  const trace = traceIn(settings, loaded);
  const name = describe(settings.numbers);
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  const run = simulate(
    parsePolicy(name),
    trace?.arrivals ?? loadOf(settings),
    drawnCosts(settings, trace) ?? costsOf(settings),
    { ...trace?.options, onFlush },
  );
  return toOutcome(id, name, run, flushes, trace);
}

/** What the log of a trace did itself, if the trace can tell. */
export function runRecorded(trace: Trace): Outcome | undefined {
  const run = recordedRun(trace);
  if (run === undefined || run.latencies.length === 0) return undefined;
  return toOutcome(RECORDED_ID, "as recorded", run, trace.flushes, trace);
}

/** What a policy comes to at so many times the load, with less appends. */
export function runAtFactor(
  { describe }: Candidate,
  settings: Settings,
  factor: number,
  appends: number,
): SweepPoint {
  const load = loadOf(settings, { factor, appends });
  const policy = parsePolicy(describe(settings.numbers));
  const run = simulate(policy, load, costsOf(settings));
  const { recordsPerSecond, meanMs } = run;
  return { recordsPerSecond, mean: meanMs, p99: run.quantileMs(0.99) };
}

function drawnCosts({ costs, numbers }: Settings, trace?: Trace) {
  if (trace === undefined || costs === "set") return undefined;
  if (trace.flushes.length === 0) return undefined;
  return sampledCosts(trace.flushes, numbers.seed);
}

function toOutcome(
  id: string,
  name: string,
  run: Simulation,
  flushes: readonly FlushReport[],
  trace: Trace | undefined,
): Outcome {
  const appends = run.latencies.length;
  return {
    id,
    figures: figuresOf({ name, run }),
    appends,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    pressed: run.reasons.pressure,
    course: recordCourse(flushes, run, trace?.arrivals),
    curve: curveShares(appends).map((share) => run.quantileMs(share)),
  };
}
