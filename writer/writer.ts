import { invariant } from "../invariant.ts";
import type { BatchPolicy, FlushReason } from "../policies/batch_policy.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import type { MaybePromise } from "../storage/storage.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { orAborted } from "./abort.ts";
import { type AckLevel, Acks } from "./acks.ts";
import { AppendQueue, type Hold } from "./append_queue.ts";
import type { BatchQueue } from "./batch.ts";
import type { Clock } from "./clock.ts";
import { commit, cutBack, SyncMark, SyncSchedule } from "./commit.ts";
import { decideFlush, reportFlush } from "./flush_rules.ts";
import type { RecentFrame } from "./live_tail.ts";
import { LogHealth } from "./log_health.ts";
import { Readers } from "./readers.ts";
import type { AppendRequest, RecordInput } from "./record.ts";

/** Options of `Writer`, already checked. */
export interface WriterOptions {
  /** When a batch is flushed. */
  policy: BatchPolicy;
  /** The only source of time. */
  clock: Clock;
  /** Maximum bytes in the queue. */
  maxQueuedBytes: number;
  /** Maximum records in the queue. */
  maxQueuedRecords: number;
  /** Maximum bytes of appends that wait for room in the queue. */
  maxWaitingBytes: number;
  /** Maximum records that wait for room in the queue. */
  maxWaitingRecords: number;
  /** How long written records may stay unsynced, in ms; can be `Infinity`. */
  syncIntervalMs: number;
}

/** What the writer is doing; `asking` keeps a policy from re-entering it. */
type Activity = "idle" | "asked" | "asking" | "waiting" | "flushing" | "failed";

/**
 * The core: gathers records, flushes when the policy says so, and releases each
 * waiter when, and only when, what it waits for is true.
 *
 * Nothing overlaps: only one flush or sync is in flight at a time. The policy
 * is asked once per turn, at its end, about all of that turn's appends. So
 * callers that are released together and append again share the next frame.
 */
export class Writer {
  readonly #log: FrameLog;
  readonly #policy: BatchPolicy;
  readonly #clock: Clock;
  readonly #appends: AppendQueue;
  readonly #queue: BatchQueue;
  readonly #sync: SyncSchedule;
  readonly #acks: Acks;
  #activity: Activity = "idle";
  /** LSN of the last record when the log was opened. */
  readonly #openedLsn: number;
  readonly #health = new LogHealth();
  /** Created once: a closure per turn would allocate for each record. */
  readonly #askNow = (): void => this.#ask();
  #cancelWait: () => void = () => {};
  /** Records up to this LSN are flushed whatever the policy says. */
  #flushDemand = 0;
  #pressed = false;
  /** What has to be done while nothing else is, once all is synced. */
  #alone: (() => Promise<void>) | undefined;
  readonly #mark: SyncMark;
  #isStopped = false;
  /** Those who read the log meanwhile. */
  readonly readers: Readers;

  /** Continues where `log` ends. */
  constructor(log: FrameLog, options: WriterOptions) {
    const { policy, clock, syncIntervalMs } = options;
    this.#log = log;
    this.#policy = policy;
    this.#clock = clock;
    this.#openedLsn = log.lastLsn;
    this.#acks = new Acks(log.lastLsn, log.syncedLsn);
    this.#mark = new SyncMark(log, this.#acks);
    const { limits } = policy;
    this.#appends = new AppendQueue(log.lastLsn + 1, {
      ...options,
      limits,
      metaVersion: log.meta?.version,
    });
    this.#queue = this.#appends.queue;
    this.readers = new Readers(this.#queue);
    const ask = () => this.#askSoon();
    this.#sync = new SyncSchedule(clock, syncIntervalMs, ask);
  }

  /** LSN of the last record that has a place in the queue. */
  get lastLsn(): number {
    return this.#queue.lastLsn;
  }

  /** LSN up to which records have reached `level`. */
  reached(level: AckLevel): number {
    if (level === "memory") return this.lastLsn;
    return level === "os" ? this.#acks.writtenLsn : this.#acks.durableLsn;
  }

  /** Whether a failure has stopped the log. */
  get hasFailed(): boolean {
    return this.#health.failure !== undefined;
  }

  /** Why nothing follows: the log is closed, or has failed. */
  get end(): "closed" | Error | undefined {
    return this.#health.failure ?? (this.#isStopped ? "closed" : undefined);
  }

  /** Throws if the log has failed, or has dropped records unnoticed. */
  requireHealth(): void {
    const { failure, drop } = this.#health;
    if (failure || drop) this.#health.report();
  }

  /** Queues one record, waiting for room if necessary. */
  append(record: RecordInput, size: number, level: AckLevel): Promise<number> {
    this.requireHealth();
    this.#askSoon();
    const lsn = this.#appends.add(record, size, level);
    if (lsn > 0) return this.#acks.wait(lsn, level);
    const request = { records: [record], sizes: [size], bytes: size, level };
    return this.#waitForRoom(request, (last) => last);
  }

  /**
   * Queues records that share a frame; resolves with what `answer` makes of the
   * last LSN.
   */
  appendTogether<Answer>(
    request: AppendRequest,
    answer: (lastLsn: number) => Answer,
  ): Promise<Answer> {
    // Here, because an iterable or a codec may have aborted it.
    if (request.signal?.aborted) throw request.signal.reason;
    this.requireHealth();
    this.#askSoon();
    const lsn = this.#appends.addTogether(request);
    if (lsn === 0) return this.#waitForRoom(request, answer);
    return this.#acks.answer(lsn, request, answer);
  }

  /** Queues one record, or throws if there is no room. */
  enqueue(record: RecordInput, size: number, level: AckLevel): number {
    this.requireHealth();
    this.#askSoon();
    const lsn = this.#appends.add(record, size, level);
    if (lsn > 0) return lsn;
    this.#pressed = true;
    throw this.#appends.queueFull();
  }

  /** Resolves once the queued record `lsn` has reached `level`. */
  settled(lsn: number, level: AckLevel, signal?: AbortSignal): Promise<number> {
    if (this.#acks.reached(lsn, level)) return Promise.resolve(lsn);
    this.requireHealth();
    if (level === "disk") this.#sync.raise(lsn);
    return this.#acks.settled(lsn, level, signal);
  }

  /** Flushes and syncs everything appended before the call. */
  async flush(signal?: AbortSignal): Promise<number> {
    await orAborted(this.#appends.drained(), signal);
    this.requireHealth();
    const lsn = this.lastLsn;
    if (lsn <= this.#acks.durableLsn) return lsn;
    this.#flushDemand = Math.max(this.#flushDemand, lsn);
    this.#sync.raise(lsn);
    return await this.#acks.settled(lsn, "disk", signal);
  }

  /** Resolves when all that waits for room has a place; at once if nothing. */
  placed(): MaybePromise<void> {
    if (this.#appends.hasWaiting) return this.#appends.drained();
  }

  /**
   * Flushes what was appended, unless the log has failed and a call has already
   * reported it.
   */
  async drain(): Promise<void> {
    const isIdle = this.lastLsn === this.#openedLsn &&
      !this.#appends.hasWaiting;
    if (isIdle) this.requireHealth();
    else if (!this.#health.isFailureReported) await this.flush();
  }

  /**
   * Cuts the log back to record `lsn`: flushes and syncs what was appended
   * before, and holds what is appended after until it is done. Waits for
   * `earlier` first, if that still changes the log.
   */
  async truncateAfter(lsn: number, earlier: Promise<unknown>): Promise<void> {
    this.requireHealth();
    await new Promise<void>((resolve, reject) => {
      const run = async () => {
        this.#alone = undefined;
        this.#pressed = false;
        const problem = await this.#cutBack(lsn, earlier);
        hold.lift();
        if (problem === undefined) resolve();
        else reject(problem);
      };
      this.#pressed = true;
      this.#askSoon();
      const hold: Hold = this.#appends.hold(() => {
        this.#alone = run;
        this.#sync.raise(this.lastLsn);
        this.#askSoon();
      });
      hold.ended.catch(reject);
    });
  }

  /** Replaces the log's metadata; durable once it resolves. */
  async setMeta(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.requireHealth();
    const version = this.#queue.nextMetaVersion();
    await this.#log.setMeta!({ version, bytes });
  }

  /** Cancels all timers; only called when nothing is in flight. */
  stop(): void {
    this.#cancelWait();
    this.#sync.cancel();
    this.#isStopped = true;
    this.readers.tail?.tell();
  }

  /** A full queue is flushed whatever the policy says, to make room. */
  #waitForRoom<Answer>(
    request: AppendRequest,
    answer: (lastLsn: number) => Answer,
  ): Promise<Answer> {
    const queued = this.#appends.waitForRoom(request);
    this.#pressed = true;
    return queued.then((lsn) => {
      if (!this.#acks.reached(lsn, request.level)) this.requireHealth();
      return this.#acks.answer(lsn, request, answer);
    });
  }

  /** Everything that arrives in one turn gets the same arrival time. */
  #askSoon(): void {
    if (this.#activity === "asked") return;
    this.#queue.arrivedAt = this.#clock.now();
    if (this.#activity === "waiting") this.#cancelWait();
    else if (this.#activity !== "idle") return;
    this.#activity = "asked";
    this.#clock.endOfTurn(this.#askNow);
  }

  #ask(): void {
    if (this.#activity === "failed") return;
    this.#activity = "asking";
    const batch = this.#queue.head;
    if (batch === undefined) return this.#restOrSync();
    const { lastLsn } = this.#queue;
    const now = this.#clock.now();
    const decision = decideFlush(this.#policy, batch, now, {
      sealed: this.#queue.headIsSealed,
      demanded: batch.firstLsn <= this.#flushDemand,
      pressed: this.#pressed,
    });
    if ("flush" in decision) this.#flush(decision.flush, now);
    else if (this.#queue.lastLsn !== lastLsn || this.#pressed) this.#rest();
    else if (this.#sync.isDue(this.#acks)) this.#restOrSync();
    else this.#waitUntil(decision.waitUntil, now);
  }

  #waitUntil(instant: number, now: number): void {
    this.#activity = "idle";
    if (instant === Infinity) return;
    this.#activity = "waiting";
    this.#cancelWait = this.#clock.after(instant - now, this.#askNow);
  }

  #flush(reason: FlushReason, now: number): void {
    invariant(this.#activity === "asking", "two flushes in flight");
    this.#activity = "flushing";
    const batch = this.#queue.take();
    const times = { reason, startedAt: now, writtenAt: now, endedAt: now };
    commit(this.#log, batch, {
      written: () => {
        times.writtenAt = this.#clock.now();
        const demanded = this.#sync.reaches(batch.firstLsn);
        return batch.sync || demanded || this.#sync.isDue(this.#acks);
      },
      confirmed: (synced) => {
        const { time } = this.#log;
        const written = this.readers.tail?.keep(batch, synced, time);
        this.#advance(batch.lastLsn, synced, written);
        times.endedAt = synced ? this.#clock.now() : times.writtenAt;
        this.#appends.release(batch);
        this.#pressed = this.#appends.hasWaiting;
        reportFlush(this.#policy, batch, times, this.#queue.records);
        this.#queue.updateBounds(this.#policy);
        this.#rest();
      },
      refused: (error) => this.#rollBack(error),
      failed: (error) => this.#fail(error),
    });
  }

  #restOrSync(): void {
    invariant(this.#activity === "asking", "a sync in a flush");
    this.#activity = "flushing";
    const done = () => this.#rest();
    const failed = (error: unknown) => this.#fail(error);
    const alone = this.#alone;
    if (this.#sync.isDue(this.#acks)) this.#syncAlone();
    else if (alone !== undefined) alone().then(done, failed);
    else if (this.#mark.isDue(this.#acks)) {
      this.#mark.write(this.#acks, done, failed);
    } else this.#activity = "idle";
  }

  /** Returns why the log could not be cut, or its files not be removed. */
  async #cutBack(lsn: number, earlier: Promise<unknown>): Promise<unknown> {
    const { isCut, problem } = await cutBack(this.#log, lsn, earlier);
    if (!isCut) return problem;
    this.#acks.cutBack(lsn);
    this.#queue.rollBack(lsn + 1);
    this.#flushDemand = Math.min(this.#flushDemand, lsn);
    this.#sync.lower(lsn);
    this.#mark.lower(lsn);
    this.readers.cutBack(lsn);
    return problem;
  }

  #syncAlone(): void {
    const covered = this.#acks.writtenLsn;
    commit(this.#log, undefined, {
      written: () => true,
      confirmed: (synced) => {
        this.#advance(covered, synced);
        this.#rest();
      },
      refused: (error) => {
        this.#sync.lower(this.#acks.durableLsn);
        this.#acks.rejectUnsynced(error);
        this.#rest();
      },
      failed: (error) => this.#fail(error),
    });
  }

  /** `lsn` is what the sync covers; it was fixed before the sync began. */
  #advance(lsn: number, synced: boolean, written?: RecentFrame): void {
    this.#acks.advance(lsn, synced);
    this.#sync.update(this.#acks);
    this.readers.tail?.tell(written);
  }

  #rest(): void {
    this.#activity = "idle";
    const isAtRest = this.#queue.head === undefined &&
      this.#alone === undefined && !this.#sync.isDue(this.#acks) &&
      !this.#mark.isDue(this.#acks);
    if (!isAtRest) this.#askSoon();
  }

  /**
   * There was no space: rejects everything that is not written, whichever call
   * waits for it, and assigns its LSNs again. The next append tries again.
   */
  #rollBack(cause: StorageFullError): void {
    const { writtenLsn } = this.#acks;
    const nextLsn = writtenLsn + 1;
    const error = new StorageFullError(cause.path, { cause }, nextLsn);
    const waiters = this.#acks.rejectUnwritten(error) +
      this.#appends.reject(error);
    const dropped = this.#queue.rollBack(nextLsn);
    if (waiters === 0 && dropped > 0) this.#health.drop = error;
    this.#flushDemand = Math.min(this.#flushDemand, writtenLsn);
    this.#sync.lower(writtenLsn);
    this.#pressed = false;
    if (dropped > 0) this.readers.cutBack(writtenLsn);
    this.#rest();
  }

  /** The state of the storage is unknown: acknowledges nothing further. */
  #fail(cause: unknown): void {
    this.#activity = "failed";
    this.#health.fail(
      this.#acks.durableLsn,
      cause,
      (failure) => this.#acks.reject(failure) + this.#appends.reject(failure),
    );
    this.stop();
  }
}
