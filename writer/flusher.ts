import { invariant } from "../invariant.ts";
import type { BatchPolicy, FlushReason } from "../policies/batch_policy.ts";
import type {
  BlockingCalls,
  CommitEnd,
  FrameLog,
} from "../storage/frame_log.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { Acks } from "./acks.ts";
import { AppendQueue, type QueueBounds } from "./append_queue.ts";
import type { Batch, BatchQueue } from "./batch.ts";
import type { Clock } from "./clock.ts";
import {
  beginFlight,
  commit,
  type CommitEndings,
  cutBack,
  type Flight,
  Flights,
  SyncMark,
  SyncSchedule,
} from "./commit.ts";
import {
  FlushInProgressError,
  requireReady,
} from "./flush_in_progress_error.ts";
import { FlushMode } from "./flush_mode.ts";
import { decideFlush } from "./flush_rules.ts";
import { FlushStats } from "./flush_stats.ts";
import { LogHealth } from "./log_health.ts";
import { Progress } from "./progress.ts";
import { Readers } from "./readers.ts";

/** Options of `Writer`, already checked. */
export interface WriterOptions extends QueueBounds {
  /** When a batch is flushed. */
  policy: BatchPolicy;
  /** The only source of time. */
  clock: Clock;
  /** How long written records may stay unsynced, in ms; can be `Infinity`. */
  syncIntervalMs: number;
}

/** What it is doing; `asking` keeps policies and listeners from re-entering. */
type Activity = "idle" | "asked" | "asking" | "waiting" | "flushing" | "failed";

/**
 * The core: flushes what is queued when the policy says so, and releases each
 * waiter when, and only when, what it waits for is true.
 *
 * Only one flush or sync is in flight at a time, or as many flushes as the
 * pipeline of the log is deep. The policy is asked once per turn, at its end,
 * about all of that turn's appends. So callers that are released together and
 * append again share the next frame: unless a thread flushes, and `FlushMode`
 * finds that two groups are faster.
 */
export class Flusher {
  /** Where records enter. */
  readonly appends: AppendQueue;
  /** Those that have a place. */
  readonly queue: BatchQueue;
  /** How far the log has advanced, and who waits for it. */
  readonly acks: Acks;
  /** Whether the log can go on. */
  readonly health: LogHealth = new LogHealth();
  /** What it has done. */
  readonly stats: FlushStats = new FlushStats();
  /** Those who read the log meanwhile. */
  readonly readers: Readers;
  /** Where it is done. */
  readonly mode: FlushMode;
  readonly #log: FrameLog;
  #policy: BatchPolicy;
  readonly #clock: Clock;
  readonly #sync: SyncSchedule;
  readonly #mark: SyncMark;
  readonly #progress: Progress;
  #activity: Activity = "idle";
  /** Created once: a closure per turn would allocate for each record. */
  readonly #askNow = (): void => this.#ask();
  #cancelWait: () => void = () => {};
  /** Records up to this LSN are flushed whatever the policy says. */
  #demandedLsn = 0;
  #pressed = false;
  readonly #flights: Flights;
  /** What has to be done while nothing else is, once all is synced. */
  #alone: (() => Promise<void>) | undefined;
  #isStopped = false;

  /** Continues where `log` ends. */
  constructor(log: FrameLog, options: WriterOptions) {
    const { policy, clock, syncIntervalMs } = options;
    this.#log = log;
    this.#policy = policy;
    this.#clock = clock;
    this.#flights = new Flights(log);
    this.acks = new Acks(log.lastLsn, log.syncedLsn);
    this.#mark = new SyncMark(log, this.acks);
    this.mode = new FlushMode(log, clock, this.health);
    this.appends = new AppendQueue(log.lastLsn + 1, {
      ...{ ...options, limits: policy.limits },
      metaVersion: log.meta?.version,
    });
    this.queue = this.appends.queue;
    this.readers = new Readers(this.queue);
    this.#sync = new SyncSchedule(clock, syncIntervalMs, () => this.askSoon());
    this.#progress = new Progress({ ...this, log, clock, sync: this.#sync });
  }

  /** Why nothing follows: the log is closed, or has failed. */
  get end(): "closed" | Error | undefined {
    return this.health.failure ?? (this.#isStopped ? "closed" : undefined);
  }

  /**
   * Asks the policy at the end of the turn. Everything that arrives in one turn
   * gets the same arrival time.
   */
  askSoon(): void {
    if (this.#activity === "asked") return;
    this.queue.arrivedAt = this.#clock.now();
    if (this.#activity === "waiting") this.#cancelWait();
    else if (this.#activity !== "idle") return;
    this.#activity = "asked";
    this.#clock.endOfTurn(this.#askNow);
    this.mode.beginTurn(this.queue.lastLsn);
  }

  /** Asks the policy now, and not at the end of the turn. */
  handOver(): void {
    if (this.#activity === "asked") this.#ask();
  }

  /** Something waits for room: flushes whatever the policy says. */
  press(): void {
    this.#pressed = true;
  }

  /** Syncs up to `lsn`, once that is written. */
  demandSync(lsn: number): void {
    this.#sync.raise(lsn);
  }

  /** Flushes what is queued up to `lsn`, whatever the policy says. */
  demand(lsn: number): void {
    this.#demandedLsn = Math.max(this.#demandedLsn, lsn);
    this.askSoon();
  }

  /** Applies what has changed to all that is decided from now on. */
  configure({ policy, syncIntervalMs, ...bounds }: WriterOptions): void {
    this.#policy = policy;
    this.#sync.configure(syncIntervalMs, this.acks);
    this.queue.updateBounds(policy);
    this.appends.configure(bounds);
    this.askSoon();
  }

  /** Runs `act` while nothing else is done, once all that is queued is synced. */
  runAlone(act: () => Promise<void>): void {
    this.#alone = async () => {
      this.#alone = undefined;
      this.#pressed = false;
      await act();
    };
    this.#sync.raise(this.queue.lastLsn);
  }

  /**
   * Cuts the log back to record `lsn`, while nothing else is done. Returns why
   * it could not be cut, or its files not be removed.
   */
  async cutBack(lsn: number, earlier: Promise<unknown>): Promise<unknown> {
    const { isCut, problem } = await cutBack(this.#log, lsn, earlier);
    if (!isCut) return problem;
    this.acks.cutBack(lsn);
    this.queue.rollBack(lsn + 1);
    this.#demandedLsn = Math.min(this.#demandedLsn, lsn);
    this.#sync.lower(lsn);
    this.#mark.lower(lsn);
    this.readers.cutBack(lsn);
    return problem;
  }

  /** Cancels all timers; only called when nothing is in flight. */
  stop(): void {
    this.#cancelWait();
    this.#sync.cancel();
    this.#isStopped = true;
    this.readers.tail?.tell();
  }

  #ask(): void {
    // A call that blocks may have done it meanwhile.
    const isExpected = this.#activity === "asked" ||
      this.#activity === "waiting";
    if (!isExpected || this.#isStopped) return;
    const isTurn = this.#activity === "asked";
    this.#activity = "asking";
    const batch = this.queue.head;
    if (batch === undefined) return this.#restOrSync();
    const { lastLsn } = this.queue;
    const now = this.#clock.now();
    if (isTurn) this.mode.endTurn(lastLsn, now - this.queue.arrivedAt);
    const isBusy = this.#flights.oldest !== undefined;
    const decision = decideFlush(this.#policy, batch, now, {
      busy: isBusy,
      sealed: this.queue.headIsSealed,
      demanded: batch.firstLsn <= this.#demandedLsn,
      pressed: this.#pressed,
    });
    if ("flush" in decision) this.#flush(decision.flush, now);
    else if (this.queue.lastLsn !== lastLsn || this.#pressed) this.#rest();
    else if (!isBusy && this.#sync.isDue(this.acks)) this.#restOrSync();
    else this.#waitUntil(decision.waitUntil, now);
  }

  #waitUntil(instant: number, now: number): void {
    this.#activity = instant === Infinity ? "idle" : "waiting";
    if (instant === Infinity) return;
    this.#cancelWait = this.mode.after(instant - now, this.#askNow);
  }

  #flush(reason: FlushReason, now: number): void {
    invariant(this.#activity === "asking", "a flush out of turn");
    this.#activity = "flushing";
    const batch = this.queue.take();
    const flight = beginFlight(reason, now, batch);
    this.#commit(flight, {
      confirmed: (synced, end) => this.#complete(flight, batch, synced, end),
      refused: (error) => this.#rollBack(error),
    });
    if (this.#activity === "flushing" && this.#flights.hasRoom) this.#rest();
  }

  #commit(flight: Flight, { confirmed, refused }: CommitEndings): void {
    const { batch, times } = flight;
    this.#flights.begin(flight);
    this.stats.begin(times.startedAt);
    commit(this.#log, flight.thread = this.mode.next, batch, {
      needsSync: () =>
        batch === undefined || batch.sync ||
        this.#sync.reaches(batch.firstLsn) || this.#sync.isDue(this.acks),
      written: (agoMs, time) => {
        flight.isWritten = true;
        if (time !== undefined) batch!.time = time;
        const writtenAt = this.#clock.now() - agoMs;
        times.writtenAt = Math.max(times.startedAt, writtenAt);
      },
      confirmed: (synced, end) =>
        this.#land(flight, () => flight.isOvertaken || confirmed(synced, end)),
      refused: (error) => this.#land(flight, () => refused(error)),
      failed: (error) => this.#fail(error),
    });
  }

  /** One has ended: reports it once all before it have ended. */
  #land(flight: Flight, report: () => void): void {
    const before = this.#activity;
    flight.land = report;
    if (before === "failed" || flight !== this.#flights.oldest) return;
    if (before === "waiting") this.#cancelWait();
    this.#activity = "flushing";
    this.#flights.land();
    if (before === "asked") this.#activity = before;
    else this.#rest();
  }

  /**
   * Flushes and syncs everything appended, in calls that block. If a sync is in
   * progress on another thread, nothing is acknowledged at `disk` before it has
   * ended: only that call may hear of its failure.
   */
  flushSync(blocking: BlockingCalls): void {
    this.#flights.oldest?.thread?.settle();
    const flight = this.#flights.oldest;
    const before = this.#activity;
    const isWriting = flight ? !flight.isWritten : before === "flushing";
    if (isWriting || before === "asking") throw new FlushInProgressError();
    if (before === "waiting") this.#cancelWait();
    this.#activity = "asking";
    try {
      this.#drainNow(blocking, flight);
    } catch (error) {
      if (error instanceof FlushInProgressError) throw error;
      if (error instanceof StorageFullError) this.#rollBack(error);
      else this.#fail(error);
      throw this.health.failure ?? error;
    } finally {
      // The sync on the other thread goes on, and so does the turn.
      const goesOn = before === "flushing" || before === "asked";
      if (!goesOn) this.#rest();
      else if (!this.health.failure) this.#activity = before;
    }
  }

  #drainNow(blocking: BlockingCalls, flight: Flight | undefined): void {
    // Whatever goes wrong on the way, what is written will be synced.
    this.#sync.raise(this.queue.lastLsn);
    if (flight !== undefined && !flight.isOvertaken) {
      flight.isOvertaken = true;
      blocking.checkOwner();
      if (flight.batch) this.#complete(flight, flight.batch, false);
      else this.stats.end();
    }
    while (this.queue.head !== undefined) {
      requireReady(blocking);
      const batch = this.queue.take();
      const next = beginFlight("demand", this.#clock.now(), batch);
      blocking.append(batch);
      blocking.checkOwner();
      next.times.writtenAt = this.#clock.now();
      this.#complete(next, batch, false);
    }
    this.#syncNow(blocking, flight);
    if (this.appends.waitingRecords > 0) {
      throw new FlushInProgressError("appends wait until the log is cut back");
    }
  }

  #syncNow(blocking: BlockingCalls, flight: Flight | undefined): void {
    const { writtenLsn, durableLsn } = this.acks;
    if (writtenLsn === durableLsn) return;
    requireReady(blocking);
    const now = this.#clock.now();
    blocking.sync();
    blocking.checkOwner();
    if (flight !== undefined) return this.#sync.raise(writtenLsn);
    this.#progress.synced(writtenLsn, now);
  }

  #complete(of: Flight, batch: Batch, synced: boolean, end?: CommitEnd): void {
    this.#progress.flushed(this.#policy, batch, of.times, synced, end);
    this.#pressed = this.appends.hasWaiting;
  }

  #restOrSync(): void {
    invariant(this.#activity === "asking", "a sync in a flush");
    this.#activity = this.#flights.oldest ? "idle" : "flushing";
    if (this.#activity === "idle") return; // The last flush comes back here.
    const done = () => this.#rest();
    const failed = (error: unknown) => this.#fail(error);
    const alone = this.#alone;
    if (this.#sync.isDue(this.acks)) this.#syncAlone();
    else if (alone !== undefined) alone().then(done, failed);
    else if (this.#mark.isDue(this.acks)) {
      this.#mark.write(this.acks, done, failed);
    } else this.#activity = "idle";
  }

  #syncAlone(): void {
    const covered = this.acks.writtenLsn;
    const now = this.#clock.now();
    this.#commit(beginFlight("demand", now), {
      confirmed: () => this.#progress.synced(covered, now),
      refused: (error) => {
        this.stats.end();
        this.#sync.lower(this.acks.durableLsn);
        this.acks.rejectUnsynced(error);
      },
    });
  }

  #rest(): void {
    if (this.#activity === "failed") return;
    this.#activity = "idle";
    const isAtRest = this.queue.head === undefined &&
      this.#alone === undefined && !this.#sync.isDue(this.acks) &&
      !this.#mark.isDue(this.acks);
    if (isAtRest) return;
    this.askSoon();
    // Those who are released now append while the others are flushed.
    if (this.mode.hasGroups) this.handOver();
  }

  /** There was no space: drops what is queued. The next append tries again. */
  #rollBack(cause: StorageFullError): void {
    const { writtenLsn } = this.acks;
    this.#demandedLsn = Math.min(this.#demandedLsn, writtenLsn);
    this.#sync.lower(writtenLsn);
    this.#pressed = false;
    this.#progress.refused(cause);
  }

  /** The state of the storage is unknown: acknowledges nothing further. */
  #fail(cause: unknown): void {
    // A call that blocks may have failed before a sync elsewhere does.
    if (this.health.failure !== undefined) return;
    this.#activity = "failed";
    this.stats.endAll();
    this.health.fail(
      this.acks.durableLsn,
      cause,
      (failure) => this.acks.reject(failure) + this.appends.reject(failure),
    );
    this.stop();
  }
}
