import { Archiver } from "./archiver.ts";
import { AutoCheckpoint } from "./auto_checkpoint.ts";
import type { MaintainedLog } from "./maintained_log.ts";
import { Retention } from "./retention.ts";
import { UPKEEP, type UpkeepOptions } from "./upkeep_options.ts";

/** One kind of background work. */
interface Work {
  /** Begins no more; resolves when what is in progress has ended. */
  stop(): Promise<void>;
}

/** What is being done for an option. */
interface Job<Option> {
  readonly option: Option;
  readonly work: Work;
}

/** What a log does by itself, as its options say. */
export class Upkeep {
  readonly #log: MaintainedLog;
  readonly #jobs = new Map<string, Job<unknown>>();
  #archiver: Archiver | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  /** Does nothing yet. */
  constructor(log: MaintainedLog) {
    this.#log = log;
  }

  /** LSN of the first record that the archive does not have yet. */
  get heldFrom(): number {
    return this.#archiver?.heldFrom ?? 0;
  }

  /** Ends what is no longer wanted, and begins what is, after earlier calls. */
  configure(options: UpkeepOptions): Promise<void> {
    const run = this.#last.then(() => this.#configure(options));
    this.#last = run;
    return run;
  }

  /** Ends everything; resolves when nothing is in progress. */
  async end(): Promise<void> {
    this.#isEnded = true;
    const stopping = [...this.#jobs.values()].map(({ work }) => work.stop());
    await Promise.all([...stopping, this.#last]);
  }

  async #configure(options: UpkeepOptions): Promise<void> {
    for (const name of UPKEEP) {
      const option = options[name];
      const job = this.#jobs.get(name);
      if (job?.option === option) continue;
      await job?.work.stop();
      this.#log.writer.health.trouble(TROUBLES[name], undefined);
      this.#jobs.delete(name);
      if (this.#isEnded || option === undefined) continue;
      this.#jobs.set(name, { option, work: this.#begin(name, options) });
    }
  }

  #begin(name: typeof UPKEEP[number], options: UpkeepOptions): Work {
    const log = this.#log;
    switch (name) {
      case "retention":
        return new Retention(log, options.retention!);
      case "archive":
        return this.#archiver = new Archiver(log, options.archive!);
      case "autoCheckpoint":
        return new AutoCheckpoint(log, options.autoCheckpoint!);
    }
  }
}

/** What trouble with each is called. */
const TROUBLES = {
  retention: "retention",
  archive: "archive",
  autoCheckpoint: "checkpoint",
} as const;
