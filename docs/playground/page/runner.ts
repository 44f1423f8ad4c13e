/// <reference lib="dom" />
import { formatCount } from "../../../cli/io/format.ts";
import { type Answer, Engine, type Question } from "../engine.ts";
import type { Outcome, SweepPoint } from "../run_candidate.ts";
import { INITIAL, type Settings } from "../settings.ts";

/** A run that takes longer gives way to what is set meanwhile. */
const PATIENCE_MS = 400;

/** What came of a job. */
export interface FinishedRun {
  readonly outcomes: readonly Outcome[];
  /** What was simulated, where, and how long it took, in words. */
  readonly status: string;
  /** What was set when it began. */
  readonly settings: Settings;
}

/** What the page is told of. */
export interface RunnerEvents {
  /** All policies of a job have run. */
  ran(run: FinishedRun): void;
  /** All policies have run at all loads. */
  sweptAll(settings: Settings): void;
  /** A policy was run at several loads; none is a new beginning. */
  swept(sweeps: ReadonlyMap<string, readonly SweepPoint[]>): void;
  /** Something else was answered. */
  answered(answer: Answer): void;
  /** How far a job is. */
  progressed(status: string): void;
}

/** Asks for one run after the other: what was set last is run last. */
export class Runner {
  readonly #connection: Connection;
  readonly #events: RunnerEvents;
  #job = 0;
  #askedAt = 0;
  #isRunning = false;
  #wanted: Settings | undefined;
  #settings = INITIAL;
  #outcomes: Outcome[] = [];
  #sweeps = new Map<string, readonly SweepPoint[]>();

  constructor(source: string, events: RunnerEvents) {
    this.#events = events;
    this.#connection = connect(source, (answer) => this.#answered(answer));
  }

  /** Runs the settings, soon. */
  run(settings: Settings): void {
    const age = performance.now() - this.#askedAt;
    if (this.#isRunning && age < PATIENCE_MS) {
      this.#wanted = settings;
      return;
    }
    this.#wanted = undefined;
    this.#settings = settings;
    this.#isRunning = true;
    this.#askedAt = performance.now();
    this.#outcomes = [];
    this.#sweeps = new Map();
    this.#connection.ask({ kind: "run", job: ++this.#job, settings });
  }

  /** Reads a trace. */
  load(file: Blob): void {
    this.#connection.ask({ kind: "trace", file });
  }

  #answered(answer: Answer): void {
    if ("job" in answer && answer.job !== this.#job) return;
    switch (answer.kind) {
      case "outcome":
        this.#outcomes.push(answer.outcome);
        this.#progressed(answer.outcome);
        break;
      case "sweep":
        this.#sweeps.set(answer.id, answer.points);
        this.#events.swept(this.#sweeps);
        break;
      case "ran":
        this.#ran();
        break;
      case "swept":
        this.#events.sweptAll(this.#settings);
        break;
      case "failed":
        this.#isRunning = false;
        this.#events.answered(answer);
        this.#runWanted();
        break;
      default:
        this.#events.answered(answer);
    }
  }

  /** A run that is over soon is announced once, at its end. */
  #progressed({ figures }: Outcome): void {
    if (performance.now() - this.#askedAt < PATIENCE_MS) return;
    this.#events.progressed(`Simulated ${figures.name}, going on …`);
  }

  #ran(): void {
    this.#isRunning = false;
    const ms = Math.round(performance.now() - this.#askedAt);
    const appends = formatCount(this.#outcomes[0]?.appends ?? 0);
    const place = this.#connection.place();
    this.#events.ran({
      outcomes: this.#outcomes,
      status: `Simulated ${appends} appends under ${this.#outcomes.length} ` +
        `policies in ${ms} ms, ${place}.`,
      settings: this.#settings,
    });
    this.#runWanted();
  }

  #runWanted(): void {
    if (this.#wanted !== undefined) this.run(this.#wanted);
  }
}

/** Where simulations are made. */
export interface Connection {
  ask(question: Question): void;
  /** Where that is, in words. */
  readonly place: () => string;
}

/**
 * Simulates in a worker, which is this very program: `source` is its text. So
 * it takes no second file, which a page from the disk could not load. Where a
 * worker cannot be had the page simulates by itself, in pieces.
 */
export function connect(
  source: string,
  answered: (answer: Answer) => void,
): Connection {
  const asked: Question[] = [];
  let place = "in a worker";
  const own = new Engine(answered, nextTask);
  let ask = (question: Question): void => void own.ask(question);
  const fallBack = () => {
    place = "in the page";
    ask = (question) => void own.ask(question);
    for (const question of asked.splice(0)) ask(question);
  };
  const worker = startWorker(source);
  if (worker === undefined) fallBack();
  else {
    // What a worker was asked that never answered is asked again.
    ask = (question) => {
      asked.push(question);
      worker.postMessage(question);
    };
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      asked.length = 0;
      worker.onerror = null;
      ask = (question) => worker.postMessage(question);
      answered(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      fallBack();
    };
  }
  return { ask: (question) => ask(question), place: () => place };
}

function startWorker(source: string): Worker | undefined {
  try {
    const blob = new Blob([source], { type: "text/javascript" });
    return new Worker(URL.createObjectURL(blob));
  } catch {
    return undefined;
  }
}

/** What is there of a worker's own scope. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(answer: Answer, transfer: Transferable[]): void;
}

/** Answers the page's questions, in a worker. */
export function serveWorker(): void {
  const scope = globalThis as unknown as WorkerScope;
  const engine = new Engine(
    (answer) => scope.postMessage(answer, buffersOf(answer)),
    nextTask,
  );
  scope.onmessage = ({ data }) => void engine.ask(data);
}

/** Columns are handed over, not copied. */
function buffersOf(answer: Answer): Transferable[] {
  if (answer.kind !== "outcome") return [];
  return Object.values(answer.outcome.course).map(({ buffer }) => buffer);
}

/** Resolves in a task of its own, so that events in between are handled. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
