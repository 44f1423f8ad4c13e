import type { AckLevel } from "./ack_level.ts";
import type { Batch } from "./batch.ts";
import { BatchQueue } from "./batch_queue.ts";
import type { Clock } from "./clock.ts";
import { decideFlush } from "./decide_flush.ts";
import { invariant } from "./invariant.ts";
import { LogFailedError } from "./log_failed_error.ts";
import type { BatchPolicy, FlushReason } from "./policies/batch_policy.ts";
import { proceed } from "./proceed.ts";
import { QueueFullError } from "./queue_full_error.ts";
import { RoomQueue } from "./room_queue.ts";
import type { FrameLog } from "./storage/frame_log.ts";
import { WaiterQueue } from "./waiter_queue.ts";

/** Options of {@linkcode Writer}, all of them checked. */
export interface WriterOptions {
  policy: BatchPolicy;
  clock: Clock;
  maxQueuedBytes: number;
  maxQueuedRecords: number;
  /** How long written records may stay unsynced, in ms; may be `Infinity`. */
  syncIntervalMs: number;
}

/** Records that take their place in the queue together. */
export interface Entry {
  records: (Uint8Array | string)[];
  /** Measured bytes of each. */
  sizes: number[];
  /** Sum of `sizes`. */
  bytes: number;
  level: AckLevel;
}

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
  readonly #queue: BatchQueue;
  readonly #room = new RoomQueue();
  readonly #written = new WaiterQueue();
  readonly #durable = new WaiterQueue();
  #activity: "idle" | "asked" | "waiting" | "flushing" | "failed" = "idle";
  #failure: LogFailedError | undefined;
  #cancelWait: () => void = () => {};
  #cancelSync: (() => void) | undefined;
  #writtenLsn: number;
  #durableLsn: number;
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
    this.#writtenLsn = log.lastLsn;
    this.#durableLsn = log.lastLsn;
    this.#queue = new BatchQueue(log.lastLsn + 1, options.policy.limits ?? {});
  }

  /** LSN up to which records are written and acknowledged as such. */
  get writtenLsn(): number {
    return this.#writtenLsn;
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
    if (this.#room.isEmpty && this.#hasRoom(1, size)) {
      return this.#wait(this.#place(record, size, level), level);
    }
    const kept = typeof record === "string" ? record : record.slice();
    return this.#waitForRoom({
      records: [kept],
      sizes: [size],
      bytes: size,
      level,
    });
  }

  /** Queues records that share a frame; resolves with the last LSN. */
  appendTogether(entry: Entry): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#room.isEmpty && this.#hasRoom(entry.sizes.length, entry.bytes)) {
      return this.#wait(this.#placeEntry(entry), entry.level);
    }
    const records = entry.records.map((record) =>
      typeof record === "string" ? record : record.slice()
    );
    return this.#waitForRoom({ ...entry, records });
  }

  /** Queues one record or throws. */
  enqueue(record: Uint8Array | string, size: number, level: AckLevel): number {
    if (this.#failure) throw this.#failure;
    if (this.#room.isEmpty && this.#hasRoom(1, size)) {
      return this.#place(record, size, level);
    }
    this.#press();
    throw new QueueFullError(this.#queue.records, this.#queue.bytes);
  }

  /** Resolves once the queued record `lsn` has reached `level`. */
  settled(lsn: number, level: AckLevel): Promise<number> {
    if (level === "memory") return Promise.resolve(lsn);
    const reached = level === "os" ? this.#writtenLsn : this.#durableLsn;
    if (lsn <= reached) return Promise.resolve(lsn);
    if (this.#failure) return Promise.reject(this.#failure);
    if (level === "disk") this.#demandSync(lsn);
    return this.#wait(lsn, level);
  }

  /** Flushes and syncs all that was appended before the call. */
  async flush(): Promise<number> {
    await this.#room.drained();
    if (this.#failure) throw this.#failure;
    const lsn = this.lastLsn;
    if (lsn <= this.#durableLsn) return lsn;
    this.#flushDemand = Math.max(this.#flushDemand, lsn);
    this.#demandSync(lsn);
    return await this.#wait(lsn, "disk");
  }

  /** Ends all timers; to be called when nothing is in flight. */
  stop(): void {
    this.#cancelWait();
    this.#cancelSync?.();
  }

  #wait(lsn: number, level: AckLevel): Promise<number> {
    if (level === "disk") return this.#durable.wait(lsn);
    return level === "os" ? this.#written.wait(lsn) : Promise.resolve(lsn);
  }

  /** A full queue flushes whatever the policy says, else nobody goes on. */
  #waitForRoom(entry: Entry): Promise<number> {
    const placed = this.#room.wait(entry);
    this.#press();
    return placed.then((lsn) => this.settled(lsn, entry.level));
  }

  #press(): void {
    this.#pressed = true;
    this.#askSoon();
  }

  /** Something larger than the whole queue is let in when it is alone. */
  #hasRoom(records: number, bytes: number): boolean {
    const { maxQueuedBytes, maxQueuedRecords } = this.#options;
    return this.#queue.records === 0 ||
      this.#queue.records + records <= maxQueuedRecords &&
        this.#queue.bytes + bytes <= maxQueuedBytes;
  }

  #place(record: Uint8Array | string, size: number, level: AckLevel): number {
    const now = this.#clock.now();
    const lsn = this.#queue.add(record, size, level === "disk", now);
    this.#askSoon();
    return lsn;
  }

  #placeEntry({ records, sizes, bytes, level }: Entry): number {
    const now = this.#clock.now();
    const sync = level === "disk";
    const lsn = this.#queue.addTogether(records, sizes, bytes, sync, now);
    this.#askSoon();
    return lsn;
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
    this.#activity = "idle";
    const batch = this.#queue.head;
    if (batch === undefined) return this.#syncIfDemanded();
    const now = this.#clock.now();
    const decision = decideFlush(this.#policy, batch, now, {
      sealed: this.#queue.headIsSealed,
      demanded: batch.firstLsn <= this.#flushDemand,
      pressed: this.#pressed,
    });
    if ("flush" in decision) return this.#flush(decision.flush, now);
    if (this.#syncIsDemanded()) return this.#syncIfDemanded();
    if (decision.waitUntil === Infinity) return;
    this.#activity = "waiting";
    this.#cancelWait = this.#clock.after(
      decision.waitUntil - now,
      () => this.#ask(),
    );
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
    return Math.min(this.#syncDemand, this.#writtenLsn) > this.#durableLsn;
  }

  #syncIfDemanded(): void {
    if (!this.#syncIsDemanded()) return;
    this.#activity = "flushing";
    const covered = this.#writtenLsn;
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
        invariant(lsn >= this.#writtenLsn, "acknowledged LSN goes back");
        this.#writtenLsn = lsn;
        if (synced) this.#durableLsn = lsn;
        this.#scheduleSync();
        this.#written.release(lsn);
        this.#durable.release(this.#durableLsn);
        next();
      },
      (error) => this.#fail(error),
    );
  }

  #land({ batch, reason, startedAt, writtenAt }: Flight): void {
    const { count, length, firstLsn, lastLsn, oldestAt } = batch;
    this.#queue.release(batch);
    this.#pressed = false;
    for (const entry of this.#room.entries(this.#hasRoom.bind(this))) {
      entry.placed(this.#placeEntry(entry));
    }
    if (!this.#room.isEmpty) this.#pressed = true;
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
        durableAt: this.#durableLsn >= lastLsn ? this.#clock.now() : writtenAt,
      });
    } catch {
      // A policy cannot stop the log.
    }
    this.#rest();
  }

  #rest(): void {
    this.#activity = "idle";
    if (this.#queue.head !== undefined || this.#syncIsDemanded()) {
      this.#askSoon();
    }
  }

  #scheduleSync(): void {
    if (this.#durableLsn >= this.#writtenLsn) {
      this.#cancelSync?.();
      this.#cancelSync = undefined;
      return;
    }
    const { syncIntervalMs } = this.#options;
    if (syncIntervalMs === Infinity || this.#cancelSync) return;
    this.#cancelSync = this.#clock.after(syncIntervalMs, () => {
      this.#cancelSync = undefined;
      this.#demandSync(this.#writtenLsn);
    });
  }

  /** Nobody knows what is on storage: nothing is acknowledged any more. */
  #fail(cause: unknown): void {
    this.stop();
    this.#activity = "failed";
    this.#failure = new LogFailedError(this.#durableLsn, cause);
    this.#written.reject(this.#failure);
    this.#durable.reject(this.#failure);
    this.#room.reject(this.#failure);
  }
}
