import type { FlushReport } from "../policies/batch_policy.ts";
import type {
  CommitEnd,
  CommitThread,
  FrameLog,
} from "../storage/frame_log.ts";
import type { Clock } from "./clock.ts";
import { Histogram } from "./histogram.ts";
import type { LogHealth } from "./log_health.ts";
import type { Overlap } from "./overlap.ts";

/**
 * Where frames are written and synced:
 *
 * - `"inline"`: in the thread that appends;
 * - `"thread"`: on a thread of their own;
 * - `"auto"`: on a thread if a flush takes long, or if the callers keep their
 *   thread busy meanwhile; otherwise inline. This is decided flush by flush.
 */
export type Flushing = "inline" | "thread" | "auto";

/** How the flush thread of a log is. */
export interface FlushThreadState {
  /**
   * - `"none"`: there is none;
   * - `"starting"`: it has been asked for;
   * - `"healthy"`: it is at work, or waits for it;
   * - `"ended"`: it ended by itself, or could not be started, and the log goes
   *   on without it.
   */
  readonly status: "none" | "starting" | "healthy" | "ended";
  /** How often one has ended by itself, or could not be started. */
  readonly ends: number;
}

/** Longer delays need no precision. */
const PRECISE_MS = 10;

/** Starts and stops the thread on which a log is flushed. */
export class FlushMode {
  /** Ms until a thread began, and this one heard of its end, of each flush. */
  readonly wakeMs: Histogram = new Histogram(1000);
  /** The log. */
  readonly log: FrameLog;
  readonly #clock: Clock;
  readonly #health: LogHealth;
  /** Whether a thread pays; loaded with the first one. */
  #overlap: Overlap | undefined;
  /** From this LSN on, a turn's records are flushed before it ends. */
  handOverLsn = Infinity;
  /** The last one when the turn began. */
  #turnLsn = 0;
  #flushing: Flushing = "inline";
  #status: FlushThreadState["status"] = "none";
  #ends = 0;
  /** One change at a time. */
  #changed: Promise<void> = Promise.resolve();
  #isEnded = false;

  /** Inline at first. */
  constructor(log: FrameLog, clock: Clock, health: LogHealth) {
    this.log = log;
    this.#clock = clock;
    this.#health = health;
  }

  /** The thread that is at work, if any. */
  get thread(): CommitThread | undefined {
    return this.log.thread;
  }

  /** How the thread is. */
  get state(): FlushThreadState {
    // A log that is closed has stopped it.
    const isStopped = this.#status === "healthy" && this.thread === undefined;
    return { status: isStopped ? "none" : this.#status, ends: this.#ends };
  }

  /** Throws `TypeError` if the log can have no thread, and needs one. */
  require(flushing: Flushing): void {
    const { files, startThread } = this.log;
    if (flushing === "inline") return;
    if (startThread && (files === undefined || files.startThread)) return;
    const what = files ? `storage of "${files.location}"` : "frame log";
    throw new TypeError(
      `Cannot flush on a thread because the ${what} has no method startThread`,
    );
  }

  /**
   * Changes where flushes take place, once `before` has resolved and all earlier
   * calls are done; resolves once that is so. If a thread cannot be started, the
   * log goes on without it, as its health says. Rejects as `before` does.
   */
  set(flushing: Flushing, before?: Promise<unknown>): Promise<void> {
    const changed = this.#changed
      .then(() => before)
      .then(() => this.#change(flushing));
    this.#changed = changed.catch(() => {});
    return changed;
  }

  /** Ends the thread for good, once what it does is done. */
  end(): Promise<void> {
    this.#isEnded = true;
    return this.#changed.then(() => this.thread?.stop());
  }

  /** The thread on which the next flush takes place, if not on this one. */
  get next(): CommitThread | undefined {
    if (this.#flushing !== "auto") return this.thread;
    const { isSlow = false, pays = false } = this.#overlap ?? {};
    return isSlow || pays ? this.thread : undefined;
  }

  /** Whether what is queued when a flush ends is flushed at once. */
  get hasGroups(): boolean {
    return this.thread !== undefined && this.#overlap!.pays;
  }

  /**
   * Calls back once after `delayMs`; the result cancels it. A thread waits out
   * short delays, for which timers are not precise; one at a time.
   */
  after(delayMs: number, callback: () => void): () => void {
    const thread = delayMs < PRECISE_MS ? this.thread : undefined;
    return thread?.after(delayMs, callback) ??
      this.#clock.after(delayMs, callback);
  }

  /** A turn appends its first record, after `lastLsn`. */
  beginTurn(lastLsn: number): void {
    this.#turnLsn = lastLsn;
    if (this.thread === undefined) return;
    this.handOverLsn = lastLsn + this.#overlap!.partRecords;
  }

  /** The policy is asked about what a turn has appended up to `lastLsn`. */
  endTurn(lastLsn: number, ms: number): void {
    this.handOverLsn = Infinity;
    this.#overlap?.observeTurn(lastLsn - this.#turnLsn, ms);
  }

  /** A flush has ended, on a thread if there is an `end`. */
  observe(flush: FlushReport, queued: number, end?: CommitEnd): void {
    const { records, bytes, startedAt, endedAt } = flush;
    let ms = endedAt - startedAt;
    if (end?.wakeMs !== undefined) {
      this.wakeMs.add(end.wakeMs);
      ms = end.writeMs + end.syncMs;
    } else if (this.thread === undefined) return;
    this.#overlap?.observeFlush({ records, bytes, queued, ms });
  }

  async #change(flushing: Flushing): Promise<void> {
    const isExclusive = flushing === "thread";
    const isKept = flushing === "inline"
      ? this.thread === undefined
      : this.thread?.isExclusive === isExclusive;
    if (!isKept) await this.thread?.stop();
    this.#flushing = flushing;
    if (flushing === "inline") this.#status = "none";
    else if (!isKept && !this.#isEnded) await this.#start(isExclusive);
    if (this.#status !== "ended") this.#health.trouble("thread", undefined);
  }

  async #start(isExclusive: boolean): Promise<void> {
    this.#status = "starting";
    const { Overlap } = await import("./overlap.ts");
    this.#overlap ??= new Overlap();
    try {
      const ended = (reason: string) => this.#ended(reason);
      await this.log.startThread!(isExclusive, ended);
      this.#status = "healthy";
    } catch (error) {
      this.#status = "none";
      const reason = error instanceof Error ? error.message : `${error}`;
      this.#ended(reason, "could not be started");
    }
    if (this.#isEnded) await this.thread?.stop();
  }

  #ended(reason: string, what = "has ended"): void {
    this.#status = "ended";
    this.#ends++;
    this.#health.trouble(
      "thread",
      `The flush thread ${what} (${reason}): the log goes on without it, ` +
        'and configure({ flushing: "thread" }) starts another',
    );
  }
}
