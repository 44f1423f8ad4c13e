import type { AckLevel } from "./ack_level.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import type { Batch } from "./batch.ts";
import type { BatchQueue } from "./batch_queue.ts";
import type { Clock } from "./clock.ts";
import { decideFlush } from "./decide_flush.ts";
import { type Entry, Intake } from "./intake.ts";
import { LogFailedError } from "./log_failed_error.ts";
import type { BatchPolicy, FlushReason } from "./policies/batch_policy.ts";
import { proceed } from "./proceed.ts";
import { QueueFullError } from "./queue_full_error.ts";
import type { FrameLog } from "./storage/frame_log.ts";

/** Options of {@linkcode Writer}, all of them checked. */
export interface WriterOptions {
  policy: BatchPolicy;
  clock: Clock;
  maxQueuedBytes: number;
  maxQueuedRecords: number;
  /** How long written records may stay unsynced, in ms; may be `Infinity`. */
  syncIntervalMs: number;
}

/** What the writer is about; `asking` keeps a policy from asking itself. */
type Activity =
  | "idle"
  | "asked"
  | "asking"
  | "waiting"
  | "flushing"
  | "failed";

interface Flight {
  readonly batch: Batch;
  readonly reason: FlushReason;
  readonly startedAt: number;
  writtenAt: number;
}

/**
 * The core: gathers records, flushes as the policy says, and releases waiters
 * when, and only when, what they wait for is true.
 *
 * Nothing overlaps: one flush or sync is in flight at a time. A turn's appends
 * are asked about once, at the turn's end, so callers that are released
 * together and append again land in the next frame together.
 */
export class Writer {
  readonly #log: FrameLog;
  readonly #policy: BatchPolicy;
  readonly #clock: Clock;
  readonly #options: WriterOptions;
  readonly #intake: Intake;
  readonly #acks: Acknowledgements;
  #activity: Activity = "idle";
  #failure: LogFailedError | undefined;
  #cancelWait: () => void = () => {};
  #cancelSync: (() => void) | undefined;
  /** Records up to here are to be flushed, whatever the policy says. */
  #flushDemand = 0;
  /** Records up to here are to be synced once they are written. */
  #syncDemand = 0;
  #pressed = false;

  /** Goes on where `log` ends. */
  constructor(log: FrameLog, options: WriterOptions) {
    this.#log = log;
    this.#policy = options.policy;
    this.#clock = options.clock;
    this.#options = options;
    this.#acks = new Acknowledgements(log.lastLsn);
    this.#intake = new Intake(log.lastLsn + 1, {
      ...options,
      limits: options.policy.limits ?? {},
    });
  }

  /** LSN up to which records are written and acknowledged as such. */
  get writtenLsn(): number {
    return this.#acks.writtenLsn;
  }

  /** LSN of the last record that has a place in the queue. */
  get lastLsn(): number {
    return this.#queue.lastLsn;
  }

  /** The failure that stopped the log, if one did. */
  get failure(): LogFailedError | undefined {
    return this.#failure;
  }

  /** Queues one record, waiting for room if need be. */
  append(
    record: Uint8Array | string,
    size: number,
    level: AckLevel,
  ): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure);
    const lsn = this.#intake.add(record, size, level);
    if (lsn > 0) return this.#accepted(lsn, level);
    const entry = { records: [record], sizes: [size], bytes: size, level };
    return this.#waitForRoom(entry);
  }

  /** Queues records that share a frame; resolves with the last LSN. */
  appendTogether(entry: Entry): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure);
    const lsn = this.#intake.addTogether(entry);
    return lsn > 0
      ? this.#accepted(lsn, entry.level)
      : this.#waitForRoom(entry);
  }

  /** Queues one record or throws. */
  enqueue(record: Uint8Array | string, size: number, level: AckLevel): number {
    if (this.#failure) throw this.#failure;
    const lsn = this.#intake.add(record, size, level);
    if (lsn > 0) {
      this.#askSoon();
      return lsn;
    }
    this.#press();
    throw new QueueFullError(this.#queue.records, this.#queue.bytes);
  }

  /** Resolves once the queued record `lsn` has reached `level`. */
  settled(lsn: number, level: AckLevel): Promise<number> {
    if (this.#acks.reached(lsn, level)) return Promise.resolve(lsn);
    if (this.#failure) return Promise.reject(this.#failure);
    if (level === "disk") this.#demandSync(lsn);
    return this.#acks.wait(lsn, level);
  }

  /** Flushes and syncs all that was appended before the call. */
  async flush(): Promise<number> {
    await this.#intake.drained();
    if (this.#failure) throw this.#failure;
    const lsn = this.lastLsn;
    if (lsn <= this.#acks.durableLsn) return lsn;
    this.#flushDemand = Math.max(this.#flushDemand, lsn);
    this.#demandSync(lsn);
    return await this.#acks.wait(lsn, "disk");
  }

  /** Ends all timers; to be called when nothing is in flight. */
  stop(): void {
    this.#cancelWait();
    this.#cancelSync?.();
  }

  get #queue(): BatchQueue {
    return this.#intake.queue;
  }

  #accepted(lsn: number, level: AckLevel): Promise<number> {
    this.#askSoon();
    return this.#acks.wait(lsn, level);
  }

  /** A full queue flushes whatever the policy says, else nobody goes on. */
  #waitForRoom(entry: Entry): Promise<number> {
    const queued = this.#intake.waitForRoom(entry);
    this.#press();
    return queued.then((lsn) => this.settled(lsn, entry.level));
  }

  #press(): void {
    this.#pressed = true;
    this.#askSoon();
  }

  #demandSync(lsn: number): void {
    this.#syncDemand = Math.max(this.#syncDemand, lsn);
    this.#askSoon();
  }

  #askSoon(): void {
    if (this.#activity === "waiting") this.#cancelWait();
    else if (this.#activity !== "idle") return;
    this.#activity = "asked";
    this.#clock.endOfTurn(() => this.#ask());
  }

  #ask(): void {
    if (this.#activity === "failed") return;
    this.#activity = "asking";
    const batch = this.#queue.head;
    if (batch === undefined) return this.#restOrSync();
    const { count } = batch;
    const now = this.#clock.now();
    const decision = decideFlush(this.#policy, batch, now, {
      sealed: this.#queue.headIsSealed,
      demanded: batch.firstLsn <= this.#flushDemand,
      pressed: this.#pressed,
    });
    if ("flush" in decision) this.#flush(decision.flush, now);
    else if (batch.count !== count) this.#rest();
    else if (this.#syncIsDemanded()) this.#restOrSync();
    else this.#waitUntil(decision.waitUntil, now);
  }

  #waitUntil(instant: number, now: number): void {
    this.#activity = "idle";
    if (instant === Infinity) return;
    this.#activity = "waiting";
    this.#cancelWait = this.#clock.after(instant - now, () => this.#ask());
  }

  #flush(reason: FlushReason, now: number): void {
    this.#activity = "flushing";
    const batch = this.#queue.take();
    const flight = { batch, reason, startedAt: now, writtenAt: now };
    proceed(
      () => this.#log.append(batch),
      () => this.#afterWrite(flight),
      (error) => this.#fail(error),
    );
  }

  #afterWrite(flight: Flight): void {
    const { batch } = flight;
    flight.writtenAt = this.#clock.now();
    const synced = batch.sync || this.#syncDemand >= batch.firstLsn ||
      this.#syncIsDemanded();
    proceed(
      () => synced ? this.#log.sync() : undefined,
      () => this.#confirm(batch.lastLsn, synced, () => this.#land(flight)),
      (error) => this.#fail(error),
    );
  }

  #syncIsDemanded(): boolean {
    return Math.min(this.#syncDemand, this.#acks.writtenLsn) >
      this.#acks.durableLsn;
  }

  #restOrSync(): void {
    if (!this.#syncIsDemanded()) {
      this.#activity = "idle";
      return;
    }
    this.#activity = "flushing";
    const covered = this.#acks.writtenLsn;
    proceed(
      () => this.#log.sync(),
      () => this.#confirm(covered, true, () => this.#rest()),
      (error) => this.#fail(error),
    );
  }

  /**
   * The one place that acknowledges. What is covered was fixed before the sync
   * began, and the owner is asked after it: whoever takes over later will find
   * what was synced.
   */
  #confirm(lsn: number, synced: boolean, next: () => void): void {
    proceed(
      () => this.#log.checkOwner(),
      () => {
        this.#acks.advance(lsn, synced);
        this.#scheduleSync();
        next();
      },
      (error) => this.#fail(error),
    );
  }

  #land(flight: Flight): void {
    this.#intake.release(flight.batch);
    this.#pressed = this.#intake.isCrowded;
    this.#report(flight);
    this.#rest();
  }

  #report({ batch, reason, startedAt, writtenAt }: Flight): void {
    const { count, length, firstLsn, lastLsn, oldestAt } = batch;
    const synced = this.#acks.durableLsn >= lastLsn;
    const durableAt = synced ? this.#clock.now() : writtenAt;
    try {
      this.#policy.observe?.({
        reason,
        records: count,
        bytes: length,
        firstLsn,
        lastLsn,
        oldestAt,
        startedAt,
        writtenAt,
        durableAt,
      });
    } catch {
      // A policy cannot stop the log.
    }
  }

  #rest(): void {
    this.#activity = "idle";
    if (this.#queue.head !== undefined || this.#syncIsDemanded()) {
      this.#askSoon();
    }
  }

  #scheduleSync(): void {
    if (this.#acks.durableLsn >= this.#acks.writtenLsn) {
      this.#cancelSync?.();
      this.#cancelSync = undefined;
      return;
    }
    const { syncIntervalMs } = this.#options;
    if (syncIntervalMs === Infinity || this.#cancelSync) return;
    this.#cancelSync = this.#clock.after(syncIntervalMs, () => {
      this.#cancelSync = undefined;
      this.#demandSync(this.#acks.writtenLsn);
    });
  }

  /** Nobody knows what is on storage: nothing is acknowledged any more. */
  #fail(cause: unknown): void {
    this.stop();
    this.#activity = "failed";
    this.#failure = new LogFailedError(this.#acks.durableLsn, cause);
    this.#acks.reject(this.#failure);
    this.#intake.reject(this.#failure);
  }
}
