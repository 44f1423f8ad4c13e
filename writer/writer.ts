import { invariant } from "../invariant.ts";
import type { BatchPolicy, FlushReason } from "../policies/batch_policy.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import { type AckLevel, Acks } from "./acks.ts";
import { AppendQueue } from "./append_queue.ts";
import type { BatchQueue } from "./batch.ts";
import type { Clock } from "./clock.ts";
import { commit, SyncSchedule } from "./commit.ts";
import { decideFlush, reportFlush } from "./flush_rules.ts";
import { LiveTail } from "./live_tail.ts";
import { LogFailedError } from "./log_failed_error.ts";
import { type AppendRequest, type LsnRange, rangeTo } from "./record.ts";

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
  #failure: LogFailedError | undefined;
  /** Why records were dropped that no call was waiting for. */
  #unreportedDrop: StorageFullError | undefined;
  /** Whether a call has reported the failure. */
  #isFailureReported = false;
  /** Created once: a closure per turn would allocate for each record. */
  readonly #askNow = (): void => this.#ask();
  #cancelWait: () => void = () => {};
  /** Records up to this LSN are flushed whatever the policy says. */
  #flushDemand = 0;
  #pressed = false;
  #isStopped = false;
  /** What those who follow the log see of its end. */
  readonly tail: LiveTail;

  /** Continues where `log` ends. */
  constructor(log: FrameLog, options: WriterOptions) {
    const { policy, clock, syncIntervalMs } = options;
    this.#log = log;
    this.#policy = policy;
    this.#clock = clock;
    this.#openedLsn = log.lastLsn;
    this.#acks = new Acks(log.lastLsn, log.syncedLsn);
    const { limits } = policy;
    this.#appends = new AppendQueue(log.lastLsn + 1, { ...options, limits });
    this.#queue = this.#appends.queue;
    this.tail = new LiveTail(this.#queue);
    const ask = () => this.#askSoon();
    this.#sync = new SyncSchedule(clock, syncIntervalMs, ask);
  }

  /** LSN up to which records are written. */
  get writtenLsn(): number {
    return this.#acks.writtenLsn;
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
    return this.#failure !== undefined;
  }

  /** Why nothing follows: the log is closed, or has failed. */
  get end(): "closed" | Error | undefined {
    return this.#failure ?? (this.#isStopped ? "closed" : undefined);
  }

  /**
   * Throws the failure that stopped the log, if any; or reports, once, that
   * records were dropped for lack of space.
   */
  requireHealth(): void {
    const drop = this.#unreportedDrop;
    this.#unreportedDrop = undefined;
    if (drop !== undefined) throw drop;
    if (this.#failure === undefined) return;
    this.#isFailureReported = true;
    throw this.#failure;
  }

  /** Queues one record, waiting for room if necessary. */
  append(
    record: Uint8Array | string,
    size: number,
    level: AckLevel,
  ): Promise<number> {
    this.requireHealth();
    this.#askSoon();
    const lsn = this.#appends.add(record, size, level);
    if (lsn > 0) return this.#acks.wait(lsn, level);
    const request = { records: [record], sizes: [size], bytes: size, level };
    return this.#waitForRoom(request);
  }

  /** Queues records that share a frame; resolves with their LSNs. */
  appendTogether(request: AppendRequest): Promise<LsnRange> {
    this.requireHealth();
    this.#askSoon();
    const lsn = this.#appends.addTogether(request);
    const { length } = request.records;
    if (lsn === 0) {
      return this.#waitForRoom(request).then((last) => rangeTo(last, length));
    }
    return this.#acks.waitWith(lsn, request.level, rangeTo(lsn, length));
  }

  /** Queues one record, or throws if there is no room. */
  enqueue(record: Uint8Array | string, size: number, level: AckLevel): number {
    this.requireHealth();
    this.#askSoon();
    const lsn = this.#appends.add(record, size, level);
    if (lsn > 0) return lsn;
    this.#pressed = true;
    throw this.#appends.queueFull();
  }

  /** Resolves once the queued record `lsn` has reached `level`. */
  settled(lsn: number, level: AckLevel): Promise<number> {
    if (this.#acks.reached(lsn, level)) return Promise.resolve(lsn);
    this.requireHealth();
    if (level === "disk") this.#sync.raise(lsn);
    return this.#acks.wait(lsn, level);
  }

  /** Flushes and syncs everything appended before the call. */
  async flush(): Promise<number> {
    await this.#appends.drained();
    this.requireHealth();
    const lsn = this.lastLsn;
    if (lsn <= this.#acks.durableLsn) return lsn;
    this.#flushDemand = Math.max(this.#flushDemand, lsn);
    this.#sync.raise(lsn);
    return await this.#acks.wait(lsn, "disk");
  }

  /**
   * Flushes what was appended, unless the log has failed and a call has already
   * reported it.
   */
  async drain(): Promise<void> {
    const isIdle = this.lastLsn === this.#openedLsn &&
      !this.#appends.hasWaiting;
    if (isIdle) this.requireHealth();
    else if (!this.#isFailureReported) await this.flush();
  }

  /** Cancels all timers; only called when nothing is in flight. */
  stop(): void {
    this.#cancelWait();
    this.#sync.cancel();
    this.#isStopped = true;
    this.tail.tell();
  }

  /** A full queue is flushed whatever the policy says, to make room. */
  #waitForRoom(request: AppendRequest): Promise<number> {
    const { level } = request;
    const queued = this.#appends.waitForRoom(request);
    this.#pressed = true;
    return queued.then((lsn) => this.settled(lsn, level));
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
        this.tail.keep(batch, this.#log.time);
        this.#advance(batch.lastLsn, synced);
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
    this.#activity = this.#sync.isDue(this.#acks) ? "flushing" : "idle";
    if (this.#activity === "idle") return;
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
  #advance(lsn: number, synced: boolean): void {
    this.#acks.advance(lsn, synced);
    this.#sync.update(this.#acks);
    this.tail.tell();
  }

  #rest(): void {
    this.#activity = "idle";
    if (this.#queue.head !== undefined || this.#sync.isDue(this.#acks)) {
      this.#askSoon();
    }
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
    if (waiters === 0 && dropped > 0) this.#unreportedDrop = error;
    this.#flushDemand = Math.min(this.#flushDemand, writtenLsn);
    this.#sync.lower(writtenLsn);
    this.#pressed = false;
    if (dropped > 0) this.tail.cut(writtenLsn);
    this.#rest();
  }

  /** The state of the storage is unknown: acknowledges nothing further. */
  #fail(cause: unknown): void {
    this.#activity = "failed";
    this.#failure = new LogFailedError(this.#acks.durableLsn, cause);
    const waiters = this.#acks.reject(this.#failure);
    this.#isFailureReported = this.#appends.reject(this.#failure) + waiters > 0;
    this.stop();
  }
}
