import type * as Diagnostics from "node:diagnostics_channel";
import { requireInteger, requireOptions, requireSignal } from "../argument.ts";
import { builtin } from "../builtin.ts";
import type { ReplicaState, ReplicaStats } from "../monitor/replica_stats.ts";
import { TruncatedError } from "../storage/frame_log.ts";
import type { LogEngine } from "../storage/log_engine.ts";
import { AckWaiters } from "../writer/acks.ts";
import type { WaitOptions } from "../writer/append_options.ts";
import { type Clock, wallTime } from "../writer/clock.ts";
import { Listeners } from "../writer/listeners.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type { FrameLimits } from "./frame_draft.ts";
import { type EarlierOpenings, openReplica } from "./open_replica.ts";
import { judgeFailure } from "./judge_failure.ts";
import { aheadError, NotReplicatedError } from "./replica_errors.ts";
import { ReplicaSession } from "./replica_session.ts";
import type { ReplicaSource } from "./replica_source.ts";
import { type ReplicaRetention, retain } from "./retain.ts";
import { atMost, pause } from "./within.ts";

/** Options of `Replica.close`. */
export interface CloseReplicaOptions {
  /**
   * Most ms to wait until the replica has all records that are durable at the
   * call: a number of at least 0. Default 5000.
   */
  drainMs?: number | undefined;
}

/** What a replica does, checked and with defaults. */
export interface ReplicaSettings extends FrameLimits {
  readonly takeOver: boolean;
  readonly holdBytes: number;
  readonly timeoutMs: number;
  readonly retention: ReplicaRetention | undefined;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** The first wait after a failure, and the longest, in ms. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/** How long `close` waits for the engine, in ms. */
const CLOSE_MS = 2000;

/** States that last. */
const FINAL: readonly ReplicaState[] = ["fenced", "failed", "closed"];

/**
 * A replica of a log that is kept up to date. It never holds up the log: what it
 * lacks is read from there later.
 *
 * A failure makes it `degraded`; it waits, longer each time and at most 30 s,
 * and opens the engine again. If another owner has taken over there, it is
 * `fenced`, and if it cannot continue, it has `failed`; both last.
 */
export class Replica implements AsyncDisposable {
  /** Where it is. */
  readonly location: string;
  readonly #source: ReplicaSource;
  readonly #engine: LogEngine;
  readonly #settings: ReplicaSettings;
  readonly #waiters = new AckWaiters();
  readonly #listeners = new Listeners<ReplicaStats>();
  readonly #earlier: EarlierOpenings;
  #state: ReplicaState = "catching-up";
  #error: Error | undefined;
  /** LSN up to which everything is there; 0 before that is known. */
  #lsn = 0;
  /** LSN from which on it is live. */
  #liveLsn = 0;
  #sentBytes = 0;
  #frames = 0;
  #retries = 0;
  #delayMs = FIRST_WAIT_MS;
  /** Since when it has lacked something at most, in ms since 1970. */
  #lacksSince: number;
  /** Cuts of the log that it has heeded. */
  #cuts: number;
  #frameTime = 0;
  #session: ReplicaSession | undefined;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #warnedAt = 0;

  /**
   * Connects nothing yet.
   *
   * @internal
   */
  constructor(
    source: ReplicaSource,
    engine: LogEngine,
    settings: ReplicaSettings,
  ) {
    this.location = engine.location;
    this.#source = source;
    this.#engine = engine;
    this.#settings = settings;
    const { clock, takeOver } = settings;
    this.#lacksSince = wallTime(clock);
    this.#cuts = source.cuts.count;
    this.#earlier = { epoch: undefined, failed: 0, takeOver };
  }

  /**
   * Begins. Resolves once it is connected, or the first try has failed or takes
   * too long; rejects if it can never be connected.
   *
   * @internal
   */
  async begin(): Promise<void> {
    const { clock, timeoutMs } = this.#settings;
    let cancel = () => {};
    await new Promise<void>((resolve) => {
      cancel = clock.after(timeoutMs, resolve);
      this.#running = this.#run(resolve);
    });
    cancel();
    if (!this.#isFinal) return;
    await this.close({ drainMs: 0 });
    throw this.#error;
  }

  /** How it is. */
  stats(): ReplicaStats {
    this.#heedCuts();
    const { durableLsn } = this.#source.view;
    const now = wallTime(this.#settings.clock);
    const lagRecords = Math.max(0, durableLsn - this.#lsn);
    this.#lacksSince = lagRecords === 0
      ? now
      : this.#session?.oldestTime ?? this.#lacksSince;
    return {
      state: this.#state,
      lsn: this.#lsn,
      lagRecords,
      lagMs: lagRecords === 0 ? 0 : Math.max(0, now - this.#lacksSince),
      sentBytes: this.#sentBytes,
      frames: this.#frames,
      retries: this.#retries,
      ...(this.#state !== "closed" && this.#error &&
        { error: this.#error.message }),
    };
  }

  /** What went wrong last; `undefined` while it is live. */
  get error(): Error | undefined {
    return this.#error;
  }

  /**
   * Calls `listener` in the same turn whenever the state has changed, and
   * returns what ends that. The same is published to
   * `node:diagnostics_channel` as `syncline:wal:replica`.
   */
  onChange(listener: (stats: ReplicaStats) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Resolves once all records up to `lsn` are in the replica. While that cannot
   * be reached, it waits; `signal` ends the wait.
   *
   * Rejects with `RangeError` unless `lsn` is an integer of at least 1, and with
   * {@linkcode NotReplicatedError} if the replica is fenced, has failed or is
   * closed, and with `TruncatedError` if the log is cut back below `lsn`.
   */
  async waitFor(lsn: number, options: WaitOptions = {}): Promise<void> {
    const action = "wait for a replica";
    requireInteger(action, "its LSN", lsn);
    requireOptions(action, options, ["signal"]);
    const { signal } = options;
    if (signal !== undefined) requireSignal(action, signal);
    signal?.throwIfAborted();
    this.#heedCuts();
    if (lsn <= this.#lsn) return;
    if (this.#isFinal) throw this.#notReplicated(lsn);
    try {
      if (signal === undefined) return void await this.#waiters.wait(lsn);
      await new Promise<void>((resolve, reject) => {
        const abort = { signal, error: () => signal.reason };
        this.#waiters.settleOrAbort(lsn, undefined, abort, {
          resolve: resolve as () => void,
          reject,
        });
      });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      if (error instanceof TruncatedError) throw error;
      throw this.#notReplicated(lsn);
    }
  }

  /**
   * Throws if nothing more gets there.
   *
   * @internal
   */
  requireUsable(): void {
    if (this.#isFinal) throw this.#notReplicated(undefined);
  }

  /**
   * LSN below which the log may drop records, at most `lsn`.
   *
   * @internal
   */
  hold(lsn: number): number {
    const { access, location } = this.#source;
    const { holdBytes, warn } = this.#settings;
    const next = this.#lsn + 1;
    if (this.#isFinal || lsn <= next) return lsn;
    // It has a gap by now: it can never be connected again.
    const isKnown = this.#earlier.epoch !== undefined;
    if (isKnown && next < this.#source.view.firstLsn) return lsn;
    if ((access?.log.storedBytes ?? 0) <= holdBytes) return next;
    if (this.#warnedAt !== next) {
      warn(
        `the replica of "${location}" at "${this.location}" is left behind: ` +
          `records from ${next} on are dropped, because the log has more than ` +
          `${holdBytes} bytes`,
      );
    }
    this.#warnedAt = next;
    return lsn;
  }

  /**
   * Ends it: no call rejects because of that but those that wait for records.
   * It takes at most `drainMs` and 2 s, even if nothing answers. A second call
   * returns the same promise.
   */
  close(options: CloseReplicaOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  /** The same as {@linkcode Replica.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #isFinal(): boolean {
    return FINAL.includes(this.#state);
  }

  get #isClosing(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Connects, again and again; calls `begun` once the first try has ended. */
  async #run(begun: () => void): Promise<void> {
    while (!this.#isClosing) {
      try {
        await this.#connect(begun);
        this.#finish("closed", new LogClosedError("replicate"));
      } catch (error) {
        this.#judge(error);
      }
      begun();
      if (this.#isFinal) return;
      await this.#pause();
      this.#retries++;
    }
  }

  /** Sends until the source ends; rejects if something fails. */
  async #connect(begun: () => void): Promise<void> {
    const limits = this.#settings;
    const { clock, timeoutMs, warn, retention } = limits;
    const source = this.#source;
    this.#heedCuts();
    if (this.#isFinal) return;
    const cuts = this.#cuts;
    const log = await openReplica({
      ...{ source, engine: this.#engine, clock, timeoutMs, warn },
      signal: this.#abort.signal,
      time: () => this.#frameTime,
    }, this.#earlier);
    // Which may take forever.
    const release = () => log.close(true).catch(() => {});
    if (this.#isClosing) return await release();
    try {
      if (source.cuts.count !== cuts) {
        throw new TruncatedError(log.lastLsn, source.cuts.lowestSince(cuts));
      }
      this.#reached(log.lastLsn);
      this.#liveLsn = source.view.durableLsn;
      this.#session = new ReplicaSession({
        ...{ source, cuts, log, clock, limits, timeoutMs },
        location: this.location,
        ticked: () => this.stats(), // Notes that nothing is lacking.
        sent: (lsn, bytes) => this.#sent(lsn, bytes),
        setTime: (time) => this.#frameTime = time,
        upkeep: retention &&
          ((log) => retain(log, source.view.firstLsn, retention, clock)),
      });
      this.#change(this.#lsn < this.#liveLsn ? "catching-up" : "live");
      begun();
      await this.#session.run();
    } finally {
      this.stats(); // Notes since when something is lacking.
      this.#session = undefined;
      release();
    }
  }

  #sent(lsn: number, bytes: number): void {
    this.#frames++;
    this.#sentBytes += bytes;
    this.#delayMs = FIRST_WAIT_MS;
    this.#reached(lsn);
    if (lsn >= this.#liveLsn) this.#change("live");
  }

  #reached(lsn: number): void {
    this.#waiters.release(this.#lsn = Math.max(this.#lsn, lsn));
    this.stats(); // Notes that nothing is lacking.
  }

  /**
   * Learns of cuts of the log. Records that the replica has cannot be taken back,
   * and another record may get the LSN that somebody waits for.
   */
  #heedCuts(): void {
    const { cuts, view } = this.#source;
    const { count } = cuts;
    if (count === this.#cuts) return;
    const lowest = cuts.lowestSince(this.#cuts);
    this.#cuts = count;
    this.#waiters.rejectAbove(lowest, new TruncatedError(lowest + 1, lowest));
    if (lowest >= this.#lsn) return;
    const error = aheadError(this.location, this.#lsn, view.durableLsn);
    this.#lsn = lowest;
    this.#finish("failed", error);
    this.#abort.abort();
    this.#session?.stop();
  }

  #change(state: ReplicaState, error?: Error): void {
    if (this.#isFinal) return;
    this.#error = error;
    if (state === this.#state) return;
    this.#state = state;
    const stats = this.stats();
    this.#listeners.tell(stats);
    const diagnostics = builtin<typeof Diagnostics>("node:diagnostics_channel");
    const channel = diagnostics?.channel("syncline:wal:replica");
    channel?.publish({ location: this.#source.location, event: stats });
  }

  #finish(state: ReplicaState, error: Error): void {
    this.#change(state, error);
    this.#waiters.reject(this.#error ?? error);
  }

  /** Decides whether to try again after `error`. */
  #judge(failure: unknown): void {
    if (this.#isClosing) return;
    const { location } = this;
    const { firstLsn } = this.#source.view;
    const position = { location, lsn: this.#lsn, firstLsn };
    const { state, error, atOnce } = judgeFailure(failure, position);
    if (state !== "degraded") return this.#finish(state, error);
    if (atOnce) this.#delayMs = 0;
    this.#change(state, error);
  }

  async #pause(): Promise<void> {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(LONGEST_WAIT_MS, 2 * delayMs || FIRST_WAIT_MS);
    await pause(this.#settings.clock, delayMs, this.#abort.signal);
  }

  #notReplicated(lsn: number | undefined): NotReplicatedError {
    return new NotReplicatedError(this.location, lsn, this.#error!);
  }

  async #close({ drainMs = 5000 }: CloseReplicaOptions): Promise<void> {
    await this.#drain(drainMs);
    this.#abort.abort();
    this.#session?.stop();
    this.#finish("closed", new Error("it was closed"));
    const access = this.#source.access;
    if (access?.replica === this) access.replica = undefined;
    await atMost(this.#settings.clock, CLOSE_MS, this.#running!);
  }

  /** Waits until all is there that is durable now, at most for `ms`. */
  async #drain(ms: number): Promise<void> {
    const { durableLsn } = this.#source.view;
    if (ms === 0 || this.#isFinal || durableLsn <= this.#lsn) return;
    this.#session?.drain();
    const drained = this.#waiters.wait(durableLsn);
    await atMost(this.#settings.clock, ms, drained);
  }
}
