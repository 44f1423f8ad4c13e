/// <reference lib="dom" />
import { formatCount } from "../../../cli/io/format.ts";
import type { Contender } from "../../../cli/lab/decide.ts";
import { type Answer, Engine, type Question } from "../engine.ts";
import type { Outcome, SweepPoint } from "../run_candidate.ts";
import { INITIAL, type Settings } from "../settings.ts";

/** A run that takes longer than this, in ms, yields to newer settings. */
const PATIENCE_MS = 400;

/** The results of a job. */
export interface FinishedRun {
  readonly outcomes: readonly Outcome[];
  /** What was simulated, where, and how long it took, in words. */
  readonly status: string;
  /** The settings that it ran with. */
  readonly settings: Settings;
}

/** Callbacks to the page. */
export interface RunnerEvents {
  /** All policies of a job have run. */
  ran(run: FinishedRun): void;
  /** All policies have run with several seeds. */
  compared(contenders: readonly Contender[]): void;
  /** All policies have run at all loads. */
  sweptAll(settings: Settings): void;
  /** A policy has run at several loads; an empty map means a fresh start. */
  swept(sweeps: ReadonlyMap<string, readonly SweepPoint[]>): void;
  /** Any other answer. */
  answered(answer: Answer): void;
  /** The progress of a job. */
  progressed(status: string): void;
}

/** Runs one job after the other; the latest settings are run last. */
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

  /** Runs the settings, at once or after the current job. */
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
      case "compared":
        this.#events.compared(answer.contenders);
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

  /** A quick run is announced once, at its end. */
  #progressed({ figures }: Outcome): void {
    if (performance.now() - this.#askedAt < PATIENCE_MS) return;
    this.#events.progressed(`Simulated ${figures.name}, continuing …`);
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

/** Where simulations run. */
export interface Connection {
  ask(question: Question): void;
  /** That place in words. */
  readonly place: () => string;
}

/**
 * Simulates in a worker that runs this very program: `source` is its text. A
 * second file would be out of reach for a page from the disk. If no worker can
 * be started, the page simulates by itself, in steps.
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
    // Questions that a broken worker never answered are asked again.
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

/** The part of a worker's scope that is used. */
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

/** Columns are transferred, not copied. */
function buffersOf(answer: Answer): Transferable[] {
  if (answer.kind !== "outcome") return [];
  return Object.values(answer.outcome.course).map(({ buffer }) => buffer);
}

/** Resolves in a new task, so that pending events are handled first. */
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
