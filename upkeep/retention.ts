import { findByTime } from "../reader/find_by_time.ts";
import type { FrameLog, SealedSegment } from "../storage/frame_log.ts";
import { Background } from "../writer/background.ts";
import { wallTime } from "../writer/clock.ts";
import { type MaintainedLog, messageOf } from "./maintained_log.ts";
import type { RetentionOptions } from "./upkeep_options.ts";

/** How many instants it remembers within the grace. */
const MOST_SAMPLES = 8;

/** What is durable, as of an instant. */
interface Durable {
  readonly at: number;
  readonly lsn: number;
}

/** Drops the oldest records of a log, in the background. */
export class Retention {
  readonly #log: MaintainedLog;
  readonly #options: RetentionOptions;
  readonly #background: Background;
  /** The last instant whose records are old enough, and those after it. */
  #durable: Durable[];
  /** Whether files may be left of records that are dropped already. */
  #hasLeftovers = false;

  /** Begins at once. */
  constructor(log: MaintainedLog, options: RetentionOptions) {
    this.#log = log;
    this.#options = options;
    // What was there when the log was opened is as old as its frames say.
    this.#durable = [{ at: -Infinity, lsn: log.openedLsn }];
    const { everyMs = 5000 } = options;
    const { clock } = log;
    this.#background = new Background(clock, everyMs, () => this.#run(), 0);
  }

  /** Drops no more; resolves when nothing is being dropped. */
  stop(): Promise<void> {
    return this.#background.stop();
  }

  async #run(): Promise<void> {
    const { writer, alone } = this.#log;
    if (writer.hasFailed) return;
    try {
      writer.health.trouble("retention", await alone(() => this.#drop()));
    } catch (error) {
      const reason = `Retention does not work: ${messageOf(error)}`;
      writer.health.trouble("retention", reason);
    }
  }

  /** Returns what keeps it from dropping more, if that should not be. */
  async #drop(): Promise<string | undefined> {
    const { log, hold } = this.#log;
    this.#sample();
    const lsn = await this.#choose();
    if (lsn <= log.firstLsn && !this.#hasLeftovers) return undefined;
    let blocked: string | undefined;
    const keepFrom = await hold(lsn, (message) => {
      blocked ??= message;
    });
    if (keepFrom <= log.firstLsn && !this.#hasLeftovers) return blocked;
    this.#hasLeftovers = true;
    await log.truncateBefore(keepFrom);
    this.#hasLeftovers = false;
    return blocked;
  }

  /** LSN below which records may go. */
  async #choose(): Promise<number> {
    const { log, source } = this.#log;
    const { ms, bytes } = this.#options;
    const tooOld = ms === undefined ? 0 : await this.#findByAge(ms);
    const fit = (most: number) =>
      bytes === undefined
        ? 0
        : dropToFit(log.sealedSegments!(1), log, { bytes, most });
    // Usually there is nothing to look for.
    if (Math.max(tooOld, fit(Infinity)) <= log.firstLsn) return 0;
    const most = Math.min(
      await this.#findGrace(),
      source.reached("disk") + 1,
    );
    return Math.max(Math.min(tooOld, most), fit(most));
  }

  /** LSN from which on records are kept for those that may not have seen them. */
  async #findGrace(): Promise<number> {
    const graceMs = this.#graceMs;
    if (graceMs === 0) return Infinity;
    return Math.min(this.#durable[0].lsn + 1, await this.#findByAge(graceMs));
  }

  /** Notes what is durable now, and forgets what is no longer needed. */
  #sample(): void {
    const { clock, source } = this.#log;
    const now = clock.now();
    const spacingMs = this.#graceMs / MOST_SAMPLES;
    if (now - this.#durable.at(-1)!.at >= spacingMs) {
      this.#durable.push({ at: now, lsn: source.reached("disk") });
    }
    const oldEnough = now - this.#graceMs;
    const last = this.#durable.findLastIndex(({ at }) => at <= oldEnough);
    this.#durable = this.#durable.slice(last);
  }

  get #graceMs(): number {
    return this.#options.graceMs ?? 10_000;
  }

  /** LSN of the first record that is not older than `ms`. */
  #findByAge(ms: number): Promise<number> {
    const { clock, source } = this.#log;
    return findByTime(source, wallTime(clock) - ms);
  }
}

/**
 * LSN below which the log has to drop whole segments to take no more than
 * `bytes`, or as much as that allows of those that end below record `most`; 0
 * if it takes no more already.
 */
export function dropToFit(
  sealed: readonly Pick<SealedSegment, "lastLsn" | "bytes">[],
  { storedBytes = 0 }: Pick<FrameLog, "storedBytes">,
  { bytes, most }: { readonly bytes: number; readonly most: number },
): number {
  let left = storedBytes;
  let lsn = 0;
  for (const segment of sealed) {
    if (left <= bytes || segment.lastLsn >= most) break;
    left -= segment.bytes;
    lsn = segment.lastLsn + 1;
  }
  return lsn;
}
