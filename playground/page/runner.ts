/// <reference lib="dom" />
import { formatCount } from "../../cli/io/format.ts";
import type { Answer } from "../engine.ts";
import type { Outcome, SweepPoint } from "../outcome.ts";
import { INITIAL, type Settings } from "../settings.ts";
import { connect, type Connection } from "./connect.ts";

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
