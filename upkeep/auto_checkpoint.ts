import { findSnapshots } from "../checkpoint/find_snapshots.ts";
import { identifyLog } from "../storage/segments/mod.ts";
import { Background } from "../writer/background.ts";
import { type MaintainedLog, messageOf } from "./maintained_log.ts";
import type { AutoCheckpointOptions } from "./upkeep_options.ts";

/** What a checkpoint covers. */
interface Covered {
  readonly lsn: number;
  /** How often the log had been cut back before it. */
  readonly cuts: number;
}

/** Makes a checkpoint from time to time, if anything was appended since. */
export class AutoCheckpoint {
  readonly #log: MaintainedLog;
  readonly #options: AutoCheckpointOptions;
  readonly #background: Background;
  readonly #openedCuts: number;
  #covered: Covered | undefined;
  #isStopped = false;

  /** Makes the first one after `options.ms`. */
  constructor(log: MaintainedLog, options: AutoCheckpointOptions) {
    this.#log = log;
    this.#options = options;
    this.#openedCuts = log.source.cuts;
    const run = () => this.#run();
    this.#background = new Background(log.clock, options.ms, run);
  }

  /** Makes no more; resolves when the one in progress has ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#background.stop();
  }

  async #run(): Promise<void> {
    const { source, writer: { hasFailed, health }, checkpoint } = this.#log;
    if (hasFailed) return;
    const { write, keep } = this.#options;
    try {
      this.#covered ??= await this.#findNewest();
      const { cuts } = source;
      const { lsn } = this.#covered;
      const isCovered = lsn === source.reached("memory") &&
        cuts === this.#covered.cuts;
      if (isCovered) return;
      const made = await checkpoint(write, { keep });
      this.#covered = { lsn: made.lsn, cuts };
      health.trouble("checkpoint", undefined);
    } catch (error) {
      if (this.#isStopped) return;
      const reason = `Automatic checkpoints do not work: ${messageOf(error)}`;
      health.trouble("checkpoint", reason);
    }
  }

  /** What the newest snapshot covers of the log as it was when this began. */
  async #findNewest(): Promise<Covered> {
    const files = this.#log.log.files!;
    const identity = await identifyLog(files);
    const newest = (await findSnapshots(files))
      .find(({ lsn, epoch }) => identity.lowestSince(epoch) >= lsn);
    return { lsn: newest?.lsn ?? -1, cuts: this.#openedCuts };
  }
}
