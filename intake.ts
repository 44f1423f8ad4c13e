import type { AckLevel } from "./ack_level.ts";
import type { Batch } from "./batch.ts";
import { BatchQueue } from "./batch_queue.ts";
import type { Clock } from "./clock.ts";
import { LAST_LSN, LsnExhaustedError } from "./lsn_exhausted_error.ts";
import type { BatchLimits } from "./policies/batch_policy.ts";
import { QueueFullError } from "./queue_full_error.ts";
import { RoomQueue } from "./room_queue.ts";

/** Records that take their place in the queue together, as one frame. */
export interface Entry {
  /** The records. */
  records: (Uint8Array | string)[];
  /** Measured bytes of each. */
  sizes: number[];
  /** Sum of `sizes`. */
  bytes: number;
  /** What is to be true when they are acknowledged. */
  level: AckLevel;
}

/** Bounds of {@linkcode Intake}. */
export interface IntakeOptions {
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
export class Intake {
  /** What has its place. */
  readonly queue: BatchQueue;
  readonly #room = new RoomQueue();
  readonly #options: IntakeOptions;
  /** Else no process lives long enough to use up what is left. */
  readonly #isNearEnd: boolean;
  /** Says that the line is full as it is now. */
  #lineFull: QueueFullError | undefined;

  /** An empty queue; the next record gets `nextLsn`. */
  constructor(nextLsn: number, options: IntakeOptions) {
    this.queue = new BatchQueue(nextLsn, options.limits);
    this.#options = options;
    this.#isNearEnd = nextLsn > LAST_LSN / 2;
  }

  /** Whether somebody waits for room. */
  get isCrowded(): boolean {
    return !this.#room.isEmpty;
  }

  /** Queues a record and returns its LSN, or 0 if there is no room. */
  add(record: Uint8Array | string, size: number, level: AckLevel): number {
    if (this.#isNearEnd) this.#requireLsns(1);
    if (this.isCrowded || !this.#hasRoom(1, size)) return 0;
    return this.queue.add(record, size, level === "disk");
  }

  /** Queues an entry and returns its last LSN, or 0 if there is no room. */
  addTogether(entry: Entry): number {
    const { records, bytes } = entry;
    if (this.#isNearEnd) this.#requireLsns(records.length);
    if (this.isCrowded || !this.#hasRoom(records.length, bytes)) return 0;
    return this.#put(entry);
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
  waitForRoom(entry: Entry): Promise<number> {
    this.#requireWaitingRoom(entry);
    const records = entry.records.map((record) =>
      typeof record === "string" ? record : new Uint8Array(record)
    );
    this.#lineFull = undefined;
    return this.#room.wait({ ...entry, records });
  }

  /** Resolves once all who wait now are queued, or were rejected. */
  drained(): Promise<void> {
    return this.#room.drained();
  }

  /** Counts a batch off and lets in those for whom there is room now. */
  release(batch: Batch): void {
    this.queue.release(batch);
    if (!this.isCrowded) return;
    this.#lineFull = undefined;
    const hasRoom = this.#hasRoom.bind(this);
    this.queue.arrivedAt = this.#options.clock.now();
    for (const { entry, placed } of this.#room.entries(hasRoom)) {
      placed(this.#put(entry));
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
  #requireWaitingRoom(entry: Entry): void {
    const { records, bytes } = this.#room;
    const { maxWaitingRecords: maxRecords, maxWaitingBytes: maxBytes } =
      this.#options;
    const hasRoom = !this.isCrowded ||
      records + entry.records.length <= maxRecords &&
        bytes + entry.bytes <= maxBytes;
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

  #put({ records, sizes, bytes, level }: Entry): number {
    return this.queue.addTogether(records, sizes, bytes, level === "disk");
  }
}
