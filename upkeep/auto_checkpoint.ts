import { Background } from "../writer/background.ts";
import {
  type MaintainedLog,
  messageOf,
  PATIENCE_MS,
} from "./maintained_log.ts";
import type { AutoCheckpointOptions } from "./upkeep_options.ts";

/** What a checkpoint covers. */
interface Covered {
  readonly lsn: number;
  /** How often the log had been cut back before it. */
  readonly cuts: number;
}

/**
 * Makes a checkpoint from time to time, if anything was appended since the last
 * one, or since the log was opened.
 */
export class AutoCheckpoint {
  readonly #log: MaintainedLog;
  readonly #options: AutoCheckpointOptions;
  readonly #background: Background;
  #covered: Covered;
  #isStopped = false;

  /** Makes the first one after `options.ms`. */
  constructor(log: MaintainedLog, options: AutoCheckpointOptions) {
    this.#log = log;
    this.#options = options;
    // A program that has not restored its state yet appends nothing, and must
    // not be asked for it.
    this.#covered = { lsn: log.openedLsn, cuts: 0 };
    const run = () => this.#run();
    this.#background = new Background(log.clock, options.ms, run);
  }

  /**
   * Makes no more, and waits for the one in progress, but not for long: `write`
   * may never end, or wait for this itself.
   */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#background.stop(PATIENCE_MS);
  }

  async #run(): Promise<void> {
    const { source, writer: { hasFailed, health }, checkpoint } = this.#log;
    if (hasFailed) return;
    const { write, keep } = this.#options;
    try {
      const { lsn, cuts: before } = this.#covered;
      const kept = Math.min(lsn, source.lowestSince(before));
      if (source.reached("memory") <= kept) return;
      const { cuts } = source;
      const made = await checkpoint(write, { keep });
      this.#covered = { lsn: made.lsn, cuts };
      health.trouble("checkpoint", undefined);
    } catch (error) {
      if (this.#isStopped) return;
      const reason = `Automatic checkpoints do not work: ${messageOf(error)}`;
      health.trouble("checkpoint", reason);
    }
  }
}
