import type { AppendRequest } from "./record.ts";
import type { AckLevel } from "./acks.ts";
import { type Batch, BatchQueue } from "./batch.ts";
import type { Clock } from "./clock.ts";
import { LAST_LSN, LsnExhaustedError } from "./lsn_exhausted_error.ts";
import type { BatchLimits } from "../policies/batch_policy.ts";

/** Bounds of {@linkcode AppendQueue}. */
export interface AppendQueueOptions {
  clock: Clock;
  limits: BatchLimits;
  maxQueuedBytes: number;
  maxQueuedRecords: number;
  maxWaitingBytes: number;
  maxWaitingRecords: number;
}

/**
 * Where records come in: the queue, its bounds, and the line of those who wait
 * for room. Nobody overtakes: while somebody waits, nobody else is let in.
 */
export class AppendQueue {
  /** What has its place. */
  readonly queue: BatchQueue;
  readonly #room = new Backpressure();
  readonly #options: AppendQueueOptions;
  /** Else no process lives long enough to use up what is left. */
  readonly #isNearEnd: boolean;
  /** Says that the line is full as it is now. */
  #lineFull: QueueFullError | undefined;

  /** An empty queue; the next record gets `nextLsn`. */
  constructor(nextLsn: number, options: AppendQueueOptions) {
    this.queue = new BatchQueue(nextLsn, options.limits);
    this.#options = options;
    this.#isNearEnd = nextLsn > LAST_LSN / 2;
  }

  /** Whether somebody waits for room. */
  get hasWaiting(): boolean {
    return !this.#room.isEmpty;
  }

  /** Queues a record and returns its LSN, or 0 if there is no room. */
  add(record: Uint8Array | string, size: number, level: AckLevel): number {
    if (this.#isNearEnd) this.#requireLsns(1);
    if (this.hasWaiting || !this.#hasRoom(1, size)) return 0;
    return this.queue.add(record, size, level === "disk");
  }

  /** Queues an request and returns its last LSN, or 0 if there is no room. */
  addTogether(request: AppendRequest): number {
    const { records, bytes } = request;
    if (this.#isNearEnd) this.#requireLsns(records.length);
    if (this.hasWaiting || !this.#hasRoom(records.length, bytes)) return 0;
    return this.#put(request);
  }

  /** Why `enqueue` finds no room. */
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
   * Stands in line with a copy; resolves with the last LSN once queued. Throws
   * `QueueFullError` when the line itself is full.
   */
  waitForRoom(request: AppendRequest): Promise<number> {
    this.#requireWaitingRoom(request);
    const records = request.records.map((record) =>
      typeof record === "string" ? record : new Uint8Array(record)
    );
    this.#lineFull = undefined;
    return this.#room.wait({ ...request, records });
  }

  /** Resolves once all who wait now are queued, or were rejected. */
  drained(): Promise<void> {
    return this.#room.drained();
  }

  /** Counts a batch off and lets in those for whom there is room now. */
  release(batch: Batch): void {
    this.queue.release(batch);
    if (!this.hasWaiting) return;
    this.#lineFull = undefined;
    const hasRoom = this.#hasRoom.bind(this);
    this.queue.arrivedAt = this.#options.clock.now();
    for (const { request, placed } of this.#room.entries(hasRoom)) {
      placed(this.#put(request));
    }
  }

  /** Rejects all who wait for room, and says how many did. */
  reject(error: Error): number {
    return this.#room.reject(error);
  }

  /** Those who wait have their LSNs as good as given. */
  #requireLsns(records: number): void {
    const lastLsn = this.queue.lastLsn + this.#room.records;
    if (lastLsn > LAST_LSN - records) {
      throw new LsnExhaustedError(records, lastLsn);
    }
  }

  /** Something larger than the whole queue is let in when it is alone. */
  #hasRoom(records: number, bytes: number): boolean {
    const { maxQueuedBytes, maxQueuedRecords } = this.#options;
    return this.queue.records === 0 ||
      this.queue.records + records <= maxQueuedRecords &&
        this.queue.bytes + bytes <= maxQueuedBytes;
  }

  /** Something larger than the whole line may wait when nobody else does. */
  #requireWaitingRoom(request: AppendRequest): void {
    const { records, bytes } = this.#room;
    const { maxWaitingRecords: maxRecords, maxWaitingBytes: maxBytes } =
      this.#options;
    const hasRoom = !this.hasWaiting ||
      records + request.records.length <= maxRecords &&
        bytes + request.bytes <= maxBytes;
    if (hasRoom) return;
    // One for all that find the same line: callers that never wait would else
    // pile up errors, each with its stack.
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

/** A link of a list: whoever is let in is let go of at once, copy and all. */
interface Waiting {
  readonly request: AppendRequest;
  /** Tells whoever waits the LSN of the request's last record. */
  placed: (lsn: number) => void;
  reject: (error: Error) => void;
  next?: Waiting;
}

/** Appends that found the queue full and wait for room, in order. */
export class Backpressure {
  /** Records that wait. */
  records = 0;
  /** Their bytes with their lengths. */
  bytes = 0;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #lastPlaced: Promise<unknown> = Promise.resolve();

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Resolves with the request's last LSN once it has its place in the queue. */
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

  /** Resolves once all who wait now have their place, or were rejected. */
  async drained(): Promise<void> {
    if (!this.isEmpty) await this.#lastPlaced.catch(() => {});
  }

  /** Takes out, one by one, those for whom there is room. */
  *entries(
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
      yield next;
      next = this.#first;
    }
  }

  /** Rejects all who wait, and says how many did. */
  reject(error: Error): number {
    let count = 0;
    for (const { reject } of this.entries(() => true)) {
      reject(error);
      count++;
    }
    return count;
  }
}

/** What is in a line of records, and what its bounds are. */
export interface Fullness {
  /** Records in it. */
  readonly records: number;
  /** Their bytes, with 4 for each record. */
  readonly bytes: number;
  /** Most records that it takes. */
  readonly maxRecords: number;
  /** Most bytes that it takes. */
  readonly maxBytes: number;
}

/**
 * There was no room, and nothing was queued: `enqueue` found the queue full, or
 * `append` found as many appends waiting for room as may wait.
 */
export class QueueFullError extends Error {
  /** The class's name. */
  override readonly name = "QueueFullError";
  /** Records in the queue, or waiting for room in it. */
  readonly records: number;
  /** Bytes in the queue, or waiting for room in it. */
  readonly bytes: number;

  /** Made by `enqueue`, `append` and `appendBatch`. */
  constructor(
    /** What found no room; `append` stands for `appendBatch`, too. */
    readonly action: "enqueue" | "append",
    { records, bytes, maxRecords, maxBytes }: Fullness,
  ) {
    const figures =
      `${records} of ${maxRecords} records, ${bytes} of ${maxBytes} bytes`;
    super(
      action === "enqueue"
        ? `Cannot enqueue a record because the queue is full (${figures}): await ` +
          "flush() first, or use append(), which waits"
        : `Cannot append because too many appends wait for room (${figures}): ` +
          "await earlier ones first, or raise maxWaitingRecords and " +
          "maxWaitingBytes",
    );
    this.records = records;
    this.bytes = bytes;
  }
}
