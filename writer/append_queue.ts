import { invariant } from "../invariant.ts";
import type { BatchLimits } from "../policies/batch_policy.ts";
import type { AckLevel } from "./acks.ts";
import { type Batch, BatchQueue } from "./batch.ts";
import type { Clock } from "./clock.ts";
import { LAST_LSN, LsnExhaustedError } from "./lsn_exhausted_error.ts";
import type { AppendRequest } from "./record.ts";

/** Bounds of {@linkcode AppendQueue}. */
export interface AppendQueueOptions {
  clock: Clock;
  limits: BatchLimits | undefined;
  maxQueuedBytes: number;
  maxQueuedRecords: number;
  maxWaitingBytes: number;
  maxWaitingRecords: number;
}

/**
 * Where records enter: the queue, its bounds, and the line of appends that wait
 * for room. While any append waits, no later one is let in ahead of it.
 */
export class AppendQueue {
  /** The records that have a place. */
  readonly queue: BatchQueue;
  readonly #room = new Backpressure();
  readonly #options: AppendQueueOptions;
  /** Whether LSNs could run out within the life of this process. */
  readonly #isNearEnd: boolean;
  /** The error for a full line, valid until the line changes. */
  #lineFull: QueueFullError | undefined;

  /** An empty queue; the next record gets `nextLsn`. */
  constructor(nextLsn: number, options: AppendQueueOptions) {
    this.queue = new BatchQueue(nextLsn, options.limits);
    this.#options = options;
    this.#isNearEnd = nextLsn > LAST_LSN / 2;
  }

  /** Whether an append waits for room. */
  get hasWaiting(): boolean {
    return !this.#room.isEmpty;
  }

  /** Queues a record and returns its LSN, or 0 if there is no room. */
  add(record: Uint8Array | string, size: number, level: AckLevel): number {
    if (this.#isNearEnd) this.#requireLsns(1);
    if (this.hasWaiting || !this.#hasRoom(1, size)) return 0;
    return this.queue.add(record, size, level === "disk");
  }

  /** Queues a request and returns its last LSN, or 0 if there is no room. */
  addTogether(request: AppendRequest): number {
    const { records, bytes } = request;
    if (this.#isNearEnd) this.#requireLsns(records.length);
    if (this.hasWaiting || !this.#hasRoom(records.length, bytes)) return 0;
    return this.#put(request);
  }

  /** The error for an `enqueue` that finds no room. */
  queueFull(): QueueFullError {
    const { records, bytes } = this.queue;
    const { maxQueuedRecords: maxRecords, maxQueuedBytes: maxBytes } =
      this.#options;
    return new QueueFullError("enqueue", {
      records,
      bytes,
      maxRecords,
      maxBytes,
    });
  }

  /**
   * Waits in line with a copy; resolves with the last LSN once queued. Throws
   * `QueueFullError` if the line itself is full.
   */
  waitForRoom(request: AppendRequest): Promise<number> {
    this.#requireWaitingRoom(request);
    const records = request.records.map((record) =>
      typeof record === "string" ? record : new Uint8Array(record)
    );
    this.#lineFull = undefined;
    return this.#room.wait({ ...request, records });
  }

  /** Resolves once all appends that wait now are queued or rejected. */
  drained(): Promise<void> {
    return this.#room.drained();
  }

  /** Counts a batch off and lets in the appends that now have room. */
  release(batch: Batch): void {
    this.queue.release(batch);
    if (!this.hasWaiting) return;
    this.#lineFull = undefined;
    const hasRoom = this.#hasRoom.bind(this);
    this.queue.arrivedAt = this.#options.clock.now();
    for (const { request, placed } of this.#room.admit(hasRoom)) {
      placed(this.#put(request));
    }
  }

  /** Rejects all appends that wait for room; returns how many there were. */
  reject(error: Error): number {
    return this.#room.reject(error);
  }

  /** Counts waiting records as if they already had their LSNs. */
  #requireLsns(records: number): void {
    const lastLsn = this.queue.lastLsn + this.#room.records;
    if (lastLsn > LAST_LSN - records) {
      throw new LsnExhaustedError(records, lastLsn);
    }
  }

  /**
   * A request larger than the whole queue is let in when the queue is empty.
   */
  #hasRoom(records: number, bytes: number): boolean {
    const { maxQueuedBytes, maxQueuedRecords } = this.#options;
    return this.queue.records === 0 ||
      this.queue.records + records <= maxQueuedRecords &&
        this.queue.bytes + bytes <= maxQueuedBytes;
  }

  /** A request larger than the whole line may wait if the line is empty. */
  #requireWaitingRoom(request: AppendRequest): void {
    const { records, bytes } = this.#room;
    const { maxWaitingRecords: maxRecords, maxWaitingBytes: maxBytes } =
      this.#options;
    const hasRoom = !this.hasWaiting ||
      records + request.records.length <= maxRecords &&
        bytes + request.bytes <= maxBytes;
    if (hasRoom) return;
    // One error for all appends that find the same full line: callers that
    // never wait would otherwise pile up errors, each with its stack.
    this.#lineFull ??= new QueueFullError("append", {
      records,
      bytes,
      maxRecords,
      maxBytes,
    });
    throw this.#lineFull;
  }

  #put({ records, sizes, bytes, level }: AppendRequest): number {
    return this.queue.addTogether(records, sizes, bytes, level === "disk");
  }
}

/** A linked list: a request and its copy are freed as soon as it is let in. */
interface Waiting {
  readonly request: AppendRequest;
  /** Resolves the append with the LSN of its last record. */
  placed: (lsn: number) => void;
  reject: (error: Error) => void;
  next?: Waiting;
}

/** Appends that found the queue full and wait in order for room. */
class Backpressure {
  /** Records that wait. */
  records = 0;
  /** Their bytes, including their lengths. */
  bytes = 0;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #lastPlaced: Promise<unknown> = Promise.resolve();

  /** Whether no append waits. */
  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Resolves with the request's last LSN once it has a place in the queue. */
  wait(request: AppendRequest): Promise<number> {
    const placed = new Promise<number>((placed, reject) => {
      const waiting = { request, placed, reject };
      if (this.#last === undefined) this.#first = waiting;
      else this.#last.next = waiting;
      this.#last = waiting;
    });
    this.#lastPlaced = placed;
    this.records += request.sizes.length;
    this.bytes += request.bytes;
    return placed;
  }

  /** Resolves once all appends that wait now have a place or are rejected. */
  async drained(): Promise<void> {
    if (!this.isEmpty) await this.#lastPlaced.catch(() => {});
  }

  /** Removes, one by one, the appends for which there is room. */
  *admit(
    hasRoom: (records: number, bytes: number) => boolean,
  ): Generator<Waiting> {
    let next = this.#first;
    while (next !== undefined) {
      const { sizes, bytes } = next.request;
      if (!hasRoom(sizes.length, bytes)) return;
      this.#first = next.next;
      if (this.#first === undefined) this.#last = undefined;
      this.records -= sizes.length;
      this.bytes -= bytes;
      invariant(this.records >= 0 && this.bytes >= 0, "appends admitted twice");
      yield next;
      next = this.#first;
    }
  }

  /** Rejects all appends that wait; returns how many there were. */
  reject(error: Error): number {
    let count = 0;
    for (const { reject } of this.admit(() => true)) {
      reject(error);
      count++;
    }
    return count;
  }
}

/** How full the queue, or the line of waiting appends, is. */
export interface Fullness {
  /** Records in it. */
  readonly records: number;
  /** Their bytes, including 4 for each record. */
  readonly bytes: number;
  /** Maximum number of records. */
  readonly maxRecords: number;
  /** Maximum number of bytes. */
  readonly maxBytes: number;
}

/**
 * There was no room, and nothing was queued: `enqueue` found the queue full, or
 * `append` found too many appends already waiting for room.
 */
export class QueueFullError extends Error {
  /** The class's name. */
  override readonly name = "QueueFullError";
  /** Records in the queue, or waiting for room in it. */
  readonly records: number;
  /** Bytes in the queue, or waiting for room in it. */
  readonly bytes: number;

  /** Thrown by `enqueue`, `append` and `appendBatch`. */
  constructor(
    /** The call that found no room; `append` includes `appendBatch`. */
    readonly action: "enqueue" | "append",
    { records, bytes, maxRecords, maxBytes }: Fullness,
  ) {
    const figures =
      `${records} of ${maxRecords} records, ${bytes} of ${maxBytes} bytes`;
    super(
      action === "enqueue"
        ? `Cannot enqueue a record because the queue is full (${figures}): ` +
          "await flush() first, or use append(), which waits"
        : "Cannot append because too many appends wait for room " +
          `(${figures}): await earlier ones first, or raise ` +
          "maxWaitingRecords and maxWaitingBytes",
    );
    this.records = records;
    this.bytes = bytes;
  }
}
