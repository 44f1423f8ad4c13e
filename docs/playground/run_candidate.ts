import {
  type Figures,
  figuresOf,
  tracedCosts,
} from "../../cli/lab/candidates.ts";
import type { FlushReport } from "../../policies/batch_policy.ts";
import { type Arrival, burstyArrivals } from "../../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../../simulator/callers.ts";
import type { Trace } from "../../simulator/load_trace.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import { simulate, type SimulateOptions } from "../../simulator/simulate.ts";
import type { Simulation } from "../../simulator/simulation.ts";
import { type Candidate, nameOf, policyOf, RECORDED_ID } from "./candidate.ts";
import { costsOf } from "./device.ts";
import type { Settings } from "./settings.ts";

/** How one policy did, in a form that a worker can send. */
export interface Outcome {
  /** Id of the candidate. */
  readonly id: string;
  /** Its figures; `name` is the policy in the notation of `parsePolicy`. */
  readonly figures: Figures;
  /** Appends that were made durable. */
  readonly appends: number;
  /** When the first append arrived and the last flush was done, in ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Flushes made because the queue was full and callers had to wait. */
  readonly pressed: number;
  readonly course: Course;
  /** Latencies in ms, one for each share of `curveShares`. */
  readonly curve: readonly number[];
}

/** What happened when, in columns; instants are in ms of the run. */
export interface Course {
  /** When each append arrived, in order. */
  readonly arrivedAt: Float64Array<ArrayBuffer>;
  /** For each flush, in order, the index after its last append. */
  readonly end: Float64Array<ArrayBuffer>;
  /** When the write of each flush began. */
  readonly startedAt: Float64Array<ArrayBuffer>;
  /** When the bytes of each flush were written. */
  readonly writtenAt: Float64Array<ArrayBuffer>;
  /** When each flush was durable. */
  readonly endedAt: Float64Array<ArrayBuffer>;
}

/** A policy at one throughput. */
export interface SweepPoint {
  readonly recordsPerSecond: number;
  readonly mean: number;
  readonly p99: number;
}

/** The highest share of a curve: 99.99 %. */
export const MOST_NINES = 4;

const CURVE_STEPS = 120;

/**
 * The shares at which the latencies of `appends` appends are drawn: equal steps
 * in nines, up to the share of a single append.
 */
export function curveShares(appends: number): number[] {
  const most = Math.min(MOST_NINES, Math.log10(Math.max(1, appends)));
  return Array.from(
    { length: CURVE_STEPS + 1 },
    (_, step) => 1 - 10 ** -(step / CURVE_STEPS * most),
  );
}

/** The trace, if the settings ask for one. */
export function traceIn(settings: Settings, trace?: Trace): Trace | undefined {
  return settings.load === "trace" ? trace : undefined;
}

/** Simulates a policy under the settings. */
export function runCandidate(
  candidate: Candidate,
  settings: Settings,
  loaded?: Trace,
): Outcome {
  const flushes: CountedFlush[] = [];
  const isRequest = depthOf(settings, traceIn(settings, loaded)) > 1;
  const run = simulateCandidate(
    candidate,
    settings,
    loaded,
    (flush, appends) => {
      // A request has no separate write: it is drawn like a sync.
      const writtenAt = isRequest ? flush.startedAt : flush.writtenAt;
      flushes.push({ flush: { ...flush, writtenAt }, appends });
    },
  );
  const name = nameOf(candidate, settings.numbers);
  return toOutcome(candidate.id, name, run, flushes);
}

/** The same without a course; `name` of the figures is the candidate's id. */
export function figuresFor(
  candidate: Candidate,
  settings: Settings,
  loaded?: Trace,
): Figures {
  const run = simulateCandidate(candidate, settings, loaded);
  return figuresOf({ name: candidate.id, run });
}

function simulateCandidate(
  candidate: Candidate,
  settings: Settings,
  loaded?: Trace,
  onFlush?: SimulateOptions["onFlush"],
): Simulation {
  const trace = traceIn(settings, loaded);
  return simulate(
    policyOf(candidate, settings.numbers),
    trace?.arrivals ?? loadOf(settings),
    drawnCosts(settings, trace) ?? costsOf(settings),
    { ...trace?.options, depth: depthOf(settings, trace), onFlush },
  );
}

/** What the log of a trace itself did, if the trace is complete. */
export function runRecorded(trace: Trace): Outcome | undefined {
  const run = recordedRun(trace);
  if (run === undefined || run.latencies.length === 0) return undefined;
  return toOutcome(RECORDED_ID, "as recorded", run, countedIn(trace));
}

/** Simulates a policy at a multiple of the load, with fewer appends. */
export function runAtFactor(
  candidate: Candidate,
  settings: Settings,
  factor: number,
  appends: number,
): SweepPoint {
  const load = loadOf(settings, { factor, appends });
  const policy = policyOf(candidate, settings.numbers);
  const { depth } = settings.numbers;
  const run = simulate(policy, load, costsOf(settings), { depth });
  const { recordsPerSecond, meanMs } = run;
  return { recordsPerSecond, mean: meanMs, p99: run.quantileMs(0.99) };
}

/**
 * Appends for a point of the throughput plot: enough for a p99, for dozens of
 * bursts or rounds of all callers, and for a hundred syncs, within a limit.
 */
export function sweepAppends({ load, numbers }: Settings, factor: number) {
  const { rate, burst, callers, sync } = numbers;
  const wanted = load === "callers"
    ? callers * factor * 40
    : Math.max(burst * 40, rate * factor * sync / 1000 * 100);
  return Math.round(Math.min(40_000, Math.max(4000, wanted)));
}

function drawnCosts(settings: Settings, trace?: Trace) {
  return takesCostsOf(trace, settings)
    ? tracedCosts(trace, settings.numbers.seed)
    : undefined;
}

/** How many flushes are in flight at most. */
function depthOf(settings: Settings, trace?: Trace): number {
  return takesCostsOf(trace, settings)
    ? trace.options.depth ?? 1
    : settings.numbers.depth;
}

function takesCostsOf(
  trace: Trace | undefined,
  { costs }: Settings,
): trace is Trace {
  return trace !== undefined && costs === "trace" && trace.flushes.length > 0;
}

function toOutcome(
  id: string,
  name: string,
  run: Simulation,
  flushes: readonly CountedFlush[],
): Outcome {
  const appends = run.latencies.length;
  return {
    id,
    figures: figuresOf({ name, run }),
    appends,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    pressed: run.reasons.pressure,
    course: recordCourse(flushes, run),
    curve: curveShares(appends).map((share) => run.quantileMs(share)),
  };
}

/** How a load differs from the settings. */
export interface LoadChange {
  /** A multiple of the arrival rate, or of the callers. */
  readonly factor?: number;
  /** How many appends, instead of as many as are set. */
  readonly appends?: number;
}

/** The load that is set: appends at a rate, or callers that wait. */
export function loadOf(
  { load, numbers }: Settings,
  { factor = 1, appends = numbers.appends }: LoadChange = {},
): Iterable<Arrival> | ClosedLoop {
  const { size: bytes, seed } = numbers;
  if (load === "callers") {
    const callers = Math.max(1, Math.round(numbers.callers * factor));
    const each = Math.ceil(appends / callers);
    return thinkingCallers({
      callers,
      appends: each,
      thinkMs: numbers.think,
      bytes,
      seed,
    });
  }
  const { burst } = numbers;
  const perSecond = numbers.rate * factor;
  // No burst outlasts the next one's turn.
  const burstMs = Math.min(numbers.burstMs, 1000 / perSecond * burst);
  const count = appends;
  return burstyArrivals({ count, perSecond, burst, burstMs, bytes, seed });
}

/** A flush and the appends in it, which may have several records each. */
export interface CountedFlush {
  readonly flush: FlushReport;
  readonly appends: number;
}

/** Puts the flushes and the appends of a run into columns. */
export function recordCourse(
  flushes: readonly CountedFlush[],
  { latencies }: Simulation,
): Course {
  const course: Course = {
    arrivedAt: new Float64Array(latencies.length),
    end: new Float64Array(flushes.length),
    startedAt: new Float64Array(flushes.length),
    writtenAt: new Float64Array(flushes.length),
    endedAt: new Float64Array(flushes.length),
  };
  let end = 0;
  flushes.forEach(({ flush, appends }, index) => {
    const first = end;
    end += appends;
    course.end[index] = end;
    course.startedAt[index] = flush.startedAt;
    course.writtenAt[index] = flush.writtenAt;
    course.endedAt[index] = flush.endedAt;
    for (let append = first; append < end; append++) {
      course.arrivedAt[append] = flush.endedAt - latencies[append];
    }
  });
  return course;
}

/** The flushes of a trace, whose appends were made durable in order. */
export function countedIn(
  { arrivals, flushes }: Pick<Trace, "arrivals" | "flushes">,
): CountedFlush[] {
  const waiting = arrivals[Symbol.iterator]();
  return flushes.map((flush) => {
    let appends = 0;
    for (let taken = 0; taken < flush.records; appends++) {
      const { done, value } = waiting.next();
      if (done) break;
      taken += value.records ?? 1;
    }
    return { flush, appends };
  });
}
