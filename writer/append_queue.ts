import type { BatchLimits } from "../policies/batch_policy.ts";
import { onAbort } from "./abort.ts";
import type { AckLevel, Call } from "./acks.ts";
import { type Batch, BatchQueue, encodeRecords } from "./batch.ts";
import { Backpressure, type Waiting } from "./backpressure.ts";
import type { Clock } from "./clock.ts";
import { LAST_LSN, LsnExhaustedError } from "./lsn_exhausted_error.ts";
import { type AppendRequest, copyRecord, type RecordInput } from "./record.ts";

/** How much may wait. */
export interface QueueBounds {
  /** Maximum bytes in the queue. */
  maxQueuedBytes: number;
  /** Maximum records in the queue. */
  maxQueuedRecords: number;
  /** Maximum bytes of appends that wait for room in the queue. */
  maxWaitingBytes: number;
  /** Maximum records that wait for room in the queue. */
  maxWaitingRecords: number;
}

/** Options of {@linkcode AppendQueue}. */
export interface AppendQueueOptions extends QueueBounds {
  clock: Clock;
  limits: BatchLimits | undefined;
  /** Version of the log's metadata. Default: 0, for none. */
  metaVersion?: number | undefined;
}

/**
 * Where records enter: the queue, its bounds, and the line of appends that wait
 * for room. While any append waits, no later one is let in ahead of it.
 */
export class AppendQueue {
  /** The records that have a place. */
  readonly queue: BatchQueue;
  readonly #room = new Backpressure();
  #options: AppendQueueOptions;
  /** Whether LSNs could run out within the life of this process. */
  readonly #isNearEnd: boolean;
  /** The error for a full line, valid until the line changes. */
  #lineFull: QueueFullError | undefined;

  /** An empty queue; the next record gets `nextLsn`. */
  constructor(nextLsn: number, options: AppendQueueOptions) {
    this.queue = new BatchQueue(
      nextLsn,
      options.limits,
      options.metaVersion,
    );
    this.#options = options;
    this.#isNearEnd = nextLsn > LAST_LSN / 2;
  }

  /** Number of records that wait for room. */
  get waitingRecords(): number {
    return this.#room.records;
  }

  /** Their bytes, including their lengths. */
  get waitingBytes(): number {
    return this.#room.bytes;
  }

  /** Number of calls that wait for room. */
  get waiters(): number {
    return this.#room.count;
  }

  /** Whether an append waits for room. */
  get hasWaiting(): boolean {
    return this.#room.first !== undefined;
  }

  /** Queues a record and returns its LSN, or 0 if there is no room. */
  add(record: RecordInput, size: number, level: AckLevel): number {
    if (this.#isNearEnd) this.#requireLsns(1);
    if (this.hasWaiting || !this.#hasRoom(1, size)) return 0;
    return this.queue.add(record, size, level === "disk");
  }

  /**
   * Queues a request and returns its last LSN, or 0 if there is no room. Throws
   * `ConflictError` if it would get another LSN than it expects.
   */
  addTogether(request: AppendRequest): number {
    const { count, bytes } = request;
    if (this.#isNearEnd) this.#requireLsns(count);
    if (this.hasWaiting || !this.#hasRoom(count, bytes)) return 0;
    const conflict = this.#conflict(request);
    if (conflict !== undefined) throw conflict;
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
   * Waits in line with a copy; calls `placed` with the last LSN once queued, in
   * the same turn, and with what settles the promise returned. Throws `QueueFullError`
   * if the line itself is full. Rejects with `ConflictError` if it would get
   * another LSN than it expects, or once its signal is aborted.
   */
  waitForRoom<Answer>(
    request: AppendRequest,
    placed: (lsn: number, call: Call<Answer>) => void,
  ): Promise<Answer> {
    this.#requireWaitingRoom(request);
    const { signal } = request;
    this.#lineFull = undefined;
    const waiting = this.#room.wait(copyRequest(request));
    if (signal !== undefined) {
      waiting.unwatch = onAbort(signal, () => this.#withdraw(waiting));
    }
    return new Promise((resolve, reject) => {
      // Not in a later microtask: a call that blocks may do more in this turn.
      // And not by way of another promise, which would let acks of later
      // appends, which found room, overtake this one's.
      waiting.onPlaced = (lsn) => placed(lsn, { resolve, reject });
      waiting.ended.catch(reject);
    });
  }

  /**
   * The LSN of the last record appended so far, once it has one: at once, or
   * when all that wait now have a place. Rejects if they are rejected.
   */
  lastAppended(): number | Promise<number> {
    if (!this.hasWaiting) return this.queue.lastLsn;
    return this.#room.wait(NOTHING).ended;
  }

  /** Resolves once all appends that wait now are queued or rejected. */
  drained(): Promise<void> {
    return this.#room.drained();
  }

  /** Counts a batch off and lets in the appends that now have room. */
  release(batch: Batch): void {
    this.queue.release(batch);
    if (this.hasWaiting) this.#admit();
  }

  /**
   * Calls `begin` once everything before it has left the queue. Nothing after
   * it gets a place before it is lifted; `ended` rejects if it is rejected.
   */
  hold(begin: () => void): Hold {
    const waiting = this.#room.wait(NOTHING);
    waiting.begin = begin;
    this.#admit();
    return {
      ended: waiting.ended,
      lift: () => {
        this.#room.remove(waiting);
        waiting.placed(this.queue.lastLsn);
        this.#admit();
      },
    };
  }

  /** Adopts other bounds; what has a place keeps it. */
  configure(bounds: QueueBounds): void {
    this.#options = { ...this.#options, ...bounds };
    this.#admit();
  }

  /** Rejects all appends that wait for room; returns how many there were. */
  reject(error: Error): number {
    return this.#room.reject(error);
  }

  /** Lets in, in order, the appends for which there is room. */
  #admit(): void {
    this.#lineFull = undefined;
    this.queue.arrivedAt = this.#options.clock.now();
    for (let next = this.#room.first; next; next = this.#room.first) {
      const { request, begin } = next;
      if (begin !== undefined) return this.#begin(next, begin);
      if (request === NOTHING) {
        this.#room.remove(next);
        next.placed(this.queue.lastLsn);
        continue;
      }
      const { count, bytes, signal } = request;
      // One abort can end several appends: none may get the place of another.
      const isAborted = signal?.aborted ?? false;
      const conflict = this.#conflict(request);
      const isRefused = isAborted || conflict !== undefined;
      if (!isRefused && !this.#hasRoom(count, bytes)) return;
      this.#room.remove(next);
      if (isAborted) next.reject(signal?.reason);
      else if (conflict !== undefined) next.reject(conflict);
      else this.#place(next);
    }
  }

  #place(waiting: Waiting): void {
    const lsn = this.#put(waiting.request);
    waiting.onPlaced?.(lsn);
    waiting.placed(lsn);
  }

  #begin(hold: Waiting, begin: () => void): void {
    if (hold.hasBegun || this.queue.records > 0) return;
    hold.hasBegun = true;
    begin();
  }

  /** Gives the room of an aborted append to those after it. */
  #withdraw(waiting: Waiting): void {
    this.#room.remove(waiting);
    waiting.reject(waiting.request.signal?.reason);
    this.#admit();
  }

  /** The error if a request that is next would not get what it expects. */
  #conflict({ expect }: AppendRequest): ConflictError | undefined {
    if (expect === undefined) return undefined;
    const next = this.queue.lastLsn + 1;
    return expect === next ? undefined : new ConflictError(expect, next);
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
      records + request.count <= maxRecords &&
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

  #put(request: AppendRequest): number {
    const { count, records, sizes, bytes, level, meta, block } = request;
    const sync = level === "disk";
    if (block !== undefined) return this.queue.addBlock(block, count, sync);
    return this.queue.addTogether(records, sizes, bytes, sync, meta);
  }
}

/** What takes a place in the line and adds nothing to the queue. */
const NOTHING: AppendRequest = {
  count: 0,
  records: [],
  sizes: [],
  bytes: 0,
  level: "memory",
};

/** A copy, in one piece if there are many records: they need an object each. */
function copyRequest(request: AppendRequest): AppendRequest {
  const { count, sizes, meta, block } = request;
  if (block !== undefined) return request;
  if (count > 1 && meta === undefined) {
    const bytes = new Uint8Array(request.bytes);
    encodeRecords(bytes, 0, request.records, sizes);
    const block = { bytes, isAtomic: true };
    return { ...request, records: [], sizes: [], block };
  }
  const records = request.records.map((record, index) =>
    copyRecord(record, sizes[index])
  );
  return { ...request, records };
}

/** A place in the line after which all appends wait. */
export interface Hold {
  /** Resolves once it is lifted. */
  readonly ended: Promise<unknown>;
  /** Lets the next appends in. */
  lift(): void;
}

/** An append did not get the LSN that it expected; nothing was appended. */
export class ConflictError extends Error {
  /** The class's name. */
  override readonly name = "ConflictError";

  /** Thrown by `append` and `appendBatch` with `expect`. */
  constructor(
    /** LSN that the first record had to get. */
    readonly expected: number,
    /** LSN that it would have got. */
    readonly next: number,
  ) {
    super(
      `Cannot append record ${expected} because the next one is ${next}: ` +
        "nothing was appended",
    );
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
    fullness: Fullness,
    /** What it says; a port has another queue than a log. */
    message: string = describeFull(action, fullness),
  ) {
    super(message);
    this.records = fullness.records;
    this.bytes = fullness.bytes;
  }
}

/** How full something is, in words. */
export function describeFullness(
  { records, bytes, maxRecords, maxBytes }: Fullness,
): string {
  return `${records} of ${maxRecords} records, ${bytes} of ${maxBytes} bytes`;
}

function describeFull(
  action: "enqueue" | "append",
  fullness: Fullness,
): string {
  const figures = describeFullness(fullness);
  return action === "enqueue"
    ? `Cannot enqueue a record because the queue is full (${figures}): ` +
      "await flush() first, or use append(), which waits"
    : "Cannot append because too many appends wait for room " +
      `(${figures}): await earlier ones first, or raise ` +
      "maxWaitingRecords and maxWaitingBytes";
}
