import type { FlushReport } from "../policies/batch_policy.ts";
import type {
  CommitEnd,
  CommitThread,
  FrameLog,
} from "../storage/frame_log.ts";
import { Histogram } from "./histogram.ts";
import type { LogHealth } from "./log_health.ts";
import { Overlap } from "./overlap.ts";

/**
 * Where frames are written and synced:
 *
 * - `"inline"`: in the thread that appends;
 * - `"thread"`: on a thread of their own;
 * - `"auto"`: on a thread while that pays, judged by how long flushes take and
 *   how busy the thread is that appends.
 */
export type Flushing = "inline" | "thread" | "auto";

/** How the flush thread of a log is. */
export interface FlushThreadState {
  /**
   * - `"none"`: there is none;
   * - `"starting"`: it has been asked for;
   * - `"healthy"`: it is at work, or waits for it;
   * - `"ended"`: it ended by itself, and the log goes on without.
   */
  readonly status: "none" | "starting" | "healthy" | "ended";
  /** How often one has ended by itself. */
  readonly ends: number;
}

/** Longer delays need no precision. */
const PRECISE_MS = 10;

/** Starts and stops the thread on which a log is flushed. */
export class FlushMode {
  /** Whether a thread pays. */
  readonly overlap: Overlap = new Overlap();
  /** Ms until a thread began, and this one heard of its end, of each flush. */
  readonly wakeMs: Histogram = new Histogram(1000);
  /** The log. */
  readonly log: FrameLog;
  readonly #health: LogHealth;
  /** From this LSN on, a turn's records are flushed before it ends. */
  handOverLsn = Infinity;
  /** The last one when the turn began. */
  #turnLsn = 0;
  #flushing: Flushing = "inline";
  #status: FlushThreadState["status"] = "none";
  #ends = 0;
  /** One start or stop at a time. */
  #changing: Promise<void> | undefined;

  /** Inline at first. */
  constructor(log: FrameLog, health: LogHealth) {
    this.log = log;
    this.#health = health;
  }

  /** The thread that is at work, if any. */
  get thread(): CommitThread | undefined {
    return this.log.thread;
  }

  /** How the thread is. */
  get state(): FlushThreadState {
    return { status: this.#status, ends: this.#ends };
  }

  /**
   * Changes where flushes take place; resolves once that is so. If a thread
   * cannot be started, the log goes on without it, as its health says. Rejects
   * with `TypeError` if it has no threads.
   */
  async set(flushing: Flushing): Promise<void> {
    if (flushing !== "inline" && this.log.startThread === undefined) {
      throw new TypeError(
        "Cannot flush on a thread because the frame log has none",
      );
    }
    this.#flushing = flushing;
    if (flushing === "auto") return;
    await this.#changing;
    await this.#change(flushing === "thread");
  }

  /** Calls back after a short delay, if a thread can; one at a time. */
  after(delayMs: number, callback: () => void): (() => void) | undefined {
    return delayMs < PRECISE_MS
      ? this.thread?.after(delayMs, callback)
      : undefined;
  }

  /** A turn appends its first record, after `lastLsn`. */
  beginTurn(lastLsn: number): void {
    this.#turnLsn = lastLsn;
    if (this.thread === undefined) return;
    this.handOverLsn = lastLsn + this.overlap.partRecords;
  }

  /** The policy is asked about what a turn has appended up to `lastLsn`. */
  endTurn(lastLsn: number, ms: number): void {
    this.handOverLsn = Infinity;
    this.overlap.observeTurn(lastLsn - this.#turnLsn, ms);
  }

  /** A flush has ended, on a thread if there is an `end`. */
  observe({ records, startedAt, endedAt }: FlushReport, end?: CommitEnd): void {
    if (end !== undefined) this.wakeMs.add(end.wakeMs);
    const ms = end ? end.writeMs + end.syncMs : endedAt - startedAt;
    this.overlap.observeFlush(records, ms);
    this.#review();
  }

  /** Starts or stops the thread if that pays. */
  #review(): void {
    if (this.#flushing !== "auto" || this.#changing !== undefined) return;
    const isThreaded = this.thread !== undefined;
    // One that has ended is not replaced unless asked for.
    if (!isThreaded && this.#status === "ended") return;
    const wanted = this.overlap.prefersThread(isThreaded);
    if (wanted === isThreaded) return;
    this.#change(wanted).catch(() => this.#flushing = "inline");
  }

  #change(wanted: boolean): Promise<void> {
    const changing = wanted ? this.#start() : this.#stop();
    const changed = changing.finally(() => this.#changing = undefined);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #start(): Promise<void> {
    if (this.thread !== undefined) return;
    this.#status = "starting";
    try {
      await this.log.startThread!((reason) => this.#ended(reason));
      this.#status = "healthy";
      this.#health.trouble("thread", undefined);
    } catch (error) {
      this.#status = "none";
      if (error instanceof TypeError) throw error;
      this.#ended(error instanceof Error ? error.message : `${error}`);
    }
  }

  async #stop(): Promise<void> {
    await this.thread?.stop();
    this.#status = "none";
    this.#health.trouble("thread", undefined);
  }

  #ended(reason: string): void {
    this.#status = "ended";
    this.#ends++;
    this.#health.trouble(
      "thread",
      `The flush thread has ended (${reason}): the log goes on without it, ` +
        'and configure({ flushing: "thread" }) starts another',
    );
  }
}
