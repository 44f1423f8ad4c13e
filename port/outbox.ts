import { invariant } from "../invariant.ts";
import {
  describeFullness,
  type Fullness,
  QueueFullError,
} from "../writer/append_queue.ts";
import { encodeRecord, type RecordInput } from "../writer/record.ts";
import type { Groups } from "./protocol.ts";

/** How much a port may have in flight. */
export interface WindowBounds {
  readonly maxWaitingBytes: number;
  readonly maxWaitingRecords: number;
}

/** Bytes from which a block is sent before the turn ends. */
const BLOCK_BYTES = 256 * 1024;

/** Maximum number of records in a group, unless they share a frame. */
const GROUP_RECORDS = 1024;

/** Where the next block begins. */
const FIRST_BYTES = 4 * 1024;

type Resolve = (value: number | Promise<never>) => void;

let capturedResolve: Resolve;

/** Shared by all promises here, so that none needs its own closure. */
function capture(resolve: Resolve): void {
  capturedResolve = resolve;
}

/** Records that are appended alike, and so answered together. */
export class Group {
  /** Ticket of the first record. */
  readonly firstTicket: number;
  /** Number of the level that they ask for. */
  readonly level: number;
  readonly isAtomic: boolean;
  /** LSN that the first one must get, or 0. */
  readonly expect: number;
  count = 0;
  bytes = 0;
  /** LSN of the first record, once it is known. */
  firstLsn = 0;
  /** Why none was appended, from the record at `#kept` on. */
  error: Error | undefined;
  #kept = 0;
  #resolves: Resolve[] = [];
  /** Which record each of them waits for, from 0. */
  #offsets: number[] = [];

  /** An empty group. */
  constructor(
    firstTicket: number,
    level: number,
    isAtomic: boolean,
    expect: number,
  ) {
    this.firstTicket = firstTicket;
    this.level = level;
    this.isAtomic = isAtomic;
    this.expect = expect;
  }

  /** Whether a record appended at `level` can join it. */
  admits(level: number): boolean {
    return this.level === level && !this.isAtomic && this.expect === 0 &&
      this.count < GROUP_RECORDS;
  }

  /** Resolves with the LSN of the record at `offset`. */
  wait(offset: number): Promise<number> {
    if (this.error !== undefined && offset >= this.#kept) {
      return Promise.reject(this.error);
    }
    if (this.firstLsn > 0) return Promise.resolve(this.firstLsn + offset);
    const promise = new Promise<number>(capture);
    this.#resolves.push(capturedResolve);
    this.#offsets.push(offset);
    return promise;
  }

  /** All have reached their level. */
  acked(firstLsn: number): void {
    this.firstLsn = firstLsn;
    const offsets = this.#offsets;
    for (let index = 0; index < offsets.length; index++) {
      this.#resolves[index](firstLsn + offsets[index]);
    }
    this.#resolves = this.#offsets = [];
  }

  /**
   * They have not, except for the first `kept`, which are answered later;
   * returns whether anybody learns about it.
   */
  refused(error: Error, kept = 0): boolean {
    this.error = error;
    this.#kept = kept;
    const [resolves, offsets] = [this.#resolves, this.#offsets];
    const isKept = (_: unknown, index: number) => offsets[index] < kept;
    this.#resolves = resolves.filter(isKept);
    this.#offsets = offsets.filter(isKept);
    if (this.#resolves.length === resolves.length) return false;
    const rejection = Promise.reject<never>(error);
    rejection.catch(() => {});
    resolves.forEach((resolve, index) => {
      if (offsets[index] >= kept) resolve(rejection);
    });
    return true;
  }
}

/** What is sent in one message. */
export interface Block {
  readonly groups: Groups;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * What a port has to send, laid out as frames hold it, and what it has sent and
 * waits for.
 */
export class Outbox {
  readonly #bounds: WindowBounds;
  /** Records that wait to be sent or answered. */
  records = 0;
  /** Their bytes, including their lengths. */
  bytes = 0;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;
  /** How long the last block was: the next one will be similar. */
  #lastLength = FIRST_BYTES;
  /** Groups to be sent, then those that were, by number. */
  #unsent: Group[] = [];
  readonly #sent = new Map<number, Group>();
  #groups = 0;
  #ticket = 1;
  /** The error for a full window, valid until something is answered. */
  #full: QueueFullError | undefined;

  /** Nothing is in it. */
  constructor(bounds: WindowBounds) {
    this.#bounds = bounds;
  }

  /** Whether nothing waits to be sent or answered. */
  get isEmpty(): boolean {
    return this.#unsent.length === 0 && this.#sent.size === 0;
  }

  /** Whether enough waits to be sent at once. */
  get isFull(): boolean {
    return this.#length >= BLOCK_BYTES;
  }

  /** The ticket of the record that was added last. */
  get lastTicket(): number {
    return this.#ticket - 1;
  }

  /** Adds a record; returns its group, of which it is the last one. */
  add(
    action: "append" | "enqueue",
    record: RecordInput,
    size: number,
    level: number,
  ): Group {
    this.#requireRoom(action, 1, size);
    const last = this.#unsent.at(-1);
    const group = last?.admits(level) ? last : this.#open(level, false, 0);
    this.#put(group, record, size);
    return group;
  }

  /** Adds records that share a frame, or one that must get the LSN `expect`. */
  addTogether(
    records: readonly RecordInput[],
    sizes: readonly number[],
    bytes: number,
    { level, expect = 0 }: { level: number; expect?: number | undefined },
  ): Group {
    this.#requireRoom("append", records.length, bytes);
    const group = this.#open(level, true, expect);
    this.#reserve(bytes);
    for (let index = 0; index < records.length; index++) {
      this.#put(group, records[index], sizes[index]);
    }
    return group;
  }

  /** Takes out what has to be sent now, if there is anything. */
  take(): Block | undefined {
    const buffer = this.#buffer;
    if (buffer === undefined) return undefined;
    const groups: number[] = [];
    for (const group of this.#unsent) {
      const { count, bytes, level, isAtomic, expect } = group;
      groups.push(count, bytes, level, isAtomic ? 1 : 0, expect);
      this.#sent.set(this.#groups++, group);
    }
    const bytes = buffer.subarray(0, this.#length);
    this.#unsent = [];
    this.#buffer = undefined;
    this.#lastLength = Math.max(
      FIRST_BYTES,
      Math.min(this.#length, BLOCK_BYTES),
    );
    this.#length = 0;
    return { groups, bytes };
  }

  /** A group that was sent and not answered yet. */
  group(number: number): Group {
    invariant(this.#sent.has(number), "an answer to a group that was not sent");
    return this.#sent.get(number)!;
  }

  /** A group was answered; returns it. */
  settle(number: number): Group {
    const group = this.group(number);
    this.#sent.delete(number);
    this.records -= group.count;
    this.bytes -= group.bytes;
    this.#full = undefined;
    return group;
  }

  /** Takes out everything, because nothing is answered any more. */
  abandon(): Group[] {
    const groups = [...this.#sent.values(), ...this.#unsent];
    this.#sent.clear();
    this.#unsent = [];
    this.#buffer = undefined;
    this.#length = this.records = this.bytes = 0;
    return groups;
  }

  #open(level: number, isAtomic: boolean, expect: number): Group {
    const group = new Group(this.#ticket, level, isAtomic, expect);
    this.#unsent.push(group);
    return group;
  }

  #put(group: Group, record: RecordInput, size: number): void {
    encodeRecord(this.#reserve(size), this.#length, record, size);
    this.#length += size;
    this.#ticket++;
    group.count++;
    group.bytes += size;
    this.records++;
    this.bytes += size;
  }

  /** A buffer with room for `bytes` more. */
  #reserve(bytes: number): Uint8Array {
    const needed = this.#length + bytes;
    const { length = 0 } = this.#buffer ?? {};
    if (this.#buffer !== undefined && needed <= length) return this.#buffer;
    const ample = length === 0 ? this.#lastLength * 1.25 : length * 2;
    const grown = new Uint8Array(Math.max(needed, Math.ceil(ample)));
    if (this.#buffer !== undefined) {
      grown.set(this.#buffer.subarray(0, this.#length));
    }
    return this.#buffer = grown;
  }

  /** What is larger than the whole window may go alone. */
  #requireRoom(
    action: "append" | "enqueue",
    records: number,
    bytes: number,
  ): void {
    const { maxWaitingRecords, maxWaitingBytes } = this.#bounds;
    const hasRoom = this.records === 0 ||
      this.records + records <= maxWaitingRecords &&
        this.bytes + bytes <= maxWaitingBytes;
    if (hasRoom) return;
    if (this.#full?.action !== action) {
      const { records, bytes } = this;
      const fullness = {
        ...{ records, bytes },
        ...{ maxRecords: maxWaitingRecords, maxBytes: maxWaitingBytes },
      };
      const message = describeFull(action, fullness);
      this.#full = new QueueFullError(action, fullness, message);
    }
    throw this.#full;
  }
}

function describeFull(action: string, fullness: Fullness): string {
  return `Cannot ${action} because too much of this port waits for ` +
    `an acknowledgement (${describeFullness(fullness)}): await earlier ` +
    "appends or flush() first, or raise maxWaitingRecords and maxWaitingBytes";
}
