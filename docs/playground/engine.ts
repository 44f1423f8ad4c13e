import {
  describeTrace,
  type TraceSummary,
} from "../../cli/lab/describe_trace.ts";
import type { Contender } from "../../cli/lab/decide.ts";
import { loadTrace, type Trace } from "../../simulator/load_trace.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import type { Candidate } from "./candidate.ts";
import { compare, shownOf } from "./compare.ts";
import {
  type Outcome,
  runAtFactor,
  runCandidate,
  runRecorded,
  sweepAppends,
  type SweepPoint,
  traceIn,
} from "./run_candidate.ts";
import type { Settings } from "./settings.ts";

/** A request to the engine. */
export type Question =
  /** Simulate; a later request replaces it. */
  | { readonly kind: "run"; readonly job: number; readonly settings: Settings }
  /** Read a trace and replay it from then on. */
  | { readonly kind: "trace"; readonly file: Blob };

/** An answer of the engine. */
export type Answer =
  | {
    readonly kind: "outcome";
    readonly job: number;
    readonly outcome: Outcome;
  }
  | {
    readonly kind: "sweep";
    readonly job: number;
    readonly id: string;
    readonly points: readonly SweepPoint[];
  }
  /** The figures of each policy with each seed. */
  | {
    readonly kind: "compared";
    readonly job: number;
    readonly contenders: readonly Contender[];
  }
  /** The main runs of a job are done, or those for the throughput plot. */
  | { readonly kind: "ran" | "swept"; readonly job: number }
  | { readonly kind: "failed"; readonly job: number; readonly message: string }
  | { readonly kind: "trace"; readonly summary: TraceSummary }
  | { readonly kind: "refused"; readonly message: string };

/** The loads of the throughput plot, as multiples of the load that is set. */
export const SWEEP_FACTORS: readonly number[] = Array.from(
  { length: 13 },
  (_, index) => 2 ** (index - 6),
);

/** Simulates step by step, in a worker or in the page. */
export class Engine {
  readonly #answer: (answer: Answer) => void;
  readonly #pause: () => Promise<void>;
  #trace: Trace | undefined;
  /** The latest file; the outcome for earlier ones is no longer of interest. */
  #file: Blob | undefined;
  #job = 0;

  /** `pause` is awaited between runs to let other work proceed. */
  constructor(answer: (answer: Answer) => void, pause: () => Promise<void>) {
    this.#answer = answer;
    this.#pause = pause;
  }

  /** Answers a question; resolves after the last answer. */
  async ask(question: Question): Promise<void> {
    if (question.kind === "trace") return await this.#load(question.file);
    const { job, settings } = question;
    this.#job = job;
    try {
      await this.#run(job, settings);
    } catch (error) {
      this.#answer({ kind: "failed", job, message: messageOf(error) });
    }
  }

  async #load(file: Blob): Promise<void> {
    this.#file = file;
    try {
      const trace = await loadTrace(piecesOf(file));
      if (this.#file !== file) return;
      const summary = describeTrace(trace, recordedRun(trace));
      if (summary.appends === 0) {
        throw new RangeError(
          "Cannot replay the trace because it must have an append: received none",
        );
      }
      this.#trace = trace;
      this.#answer({ kind: "trace", summary });
    } catch (error) {
      if (this.#file !== file) return;
      this.#answer({ kind: "refused", message: messageOf(error) });
    }
  }

  async #run(job: number, settings: Settings): Promise<void> {
    const shown = shownOf(settings);
    const trace = traceIn(settings, this.#trace);
    const recorded = trace && runRecorded(trace);
    if (recorded !== undefined) {
      this.#answer({ kind: "outcome", job, outcome: recorded });
    }
    for (const candidate of shown) {
      await this.#pause();
      if (this.#job !== job) return;
      const outcome = runCandidate(candidate, settings, trace);
      this.#answer({ kind: "outcome", job, outcome });
    }
    this.#answer({ kind: "ran", job });
    const contenders = await this.#compare(job, settings);
    if (contenders === undefined) return;
    this.#answer({ kind: "compared", job, contenders });
    if (trace === undefined) await this.#sweep(job, settings, shown);
  }

  /** `undefined` if the engine was asked for something else meanwhile. */
  async #compare(
    job: number,
    settings: Settings,
  ): Promise<Contender[] | undefined> {
    const steps = compare(settings, this.#trace);
    while (true) {
      await this.#pause();
      if (this.#job !== job) return undefined;
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  async #sweep(
    job: number,
    settings: Settings,
    shown: readonly Candidate[],
  ): Promise<void> {
    for (const candidate of shown) {
      const points: SweepPoint[] = [];
      for (const factor of SWEEP_FACTORS) {
        await this.#pause();
        if (this.#job !== job) return;
        const appends = sweepAppends(settings, factor);
        points.push(runAtFactor(candidate, settings, factor, appends));
      }
      this.#answer({ kind: "sweep", job, id: candidate.id, points });
    }
    this.#answer({ kind: "swept", job });
  }
}

/** A file's bytes in pieces; not every browser can iterate over a stream. */
async function* piecesOf(file: Blob): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
