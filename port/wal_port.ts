import { requireInteger, requireMethod, requireOptions } from "../argument.ts";
import { type Codec, decoderOf, encodeWith } from "../codec/codec.ts";
import type { FollowedRecord } from "../reader/follow.ts";
import { checkFollowOptions, type FollowOptions } from "../reader/following.ts";
import type { Decode } from "../reader/record_reader.ts";
import { requireSignal } from "../reader/require_signal.ts";
import type { LogIterator } from "../reader/serial_generator.ts";
import { orAborted } from "../writer/abort.ts";
import { type AckLevel, requireAckLevel } from "../writer/acks.ts";
import {
  checkWait,
  type EnqueueOptions,
  type WaitOptions,
} from "../writer/append_options.ts";
import {
  type LogRecord,
  type LsnRange,
  makeRequest,
  measureRecord,
  rangeTo,
  type RecordInput,
  requireRecord,
} from "../writer/record.ts";
import type { Group } from "./outbox.ts";
import { PortClosedError } from "./port_closed_error.ts";
import { PortLink } from "./port_link.ts";
import {
  checkPort,
  checkPortAppend,
  checkPortEnqueue,
  LOGS_LEVEL,
  numberOf,
  type PortAppendOptions,
  type PortReadOptions,
  READ,
  type WalPortOptions,
} from "./port_options.ts";
import type { AnyPort, ReadRequest } from "./protocol.ts";
import { RemoteReader } from "./remote_reader.ts";
import { Tickets } from "./tickets.ts";

/**
 * A log that another thread has open: this one appends to it, waits and reads.
 *
 * The thread of the log makes a port with `openPort` and posts it here. All
 * records that are appended in one turn of the event loop travel in one message,
 * laid out as they will be on disk, so the other thread does next to nothing for
 * each. The thread of the log assigns LSNs: those of one port are in call order,
 * and those of several in the order in which messages arrive.
 *
 * A thread that dies leaves whole records or none: of what it appended in a
 * turn, and did not see acknowledged, each message is in the log or not. Calls
 * that wait keep the thread alive; an idle port does not.
 *
 * After the log is closed calls reject with `LogClosedError`, and after it has
 * failed with `LogFailedError`. After the port is closed, or the thread of the
 * log has ended, they reject with `PortClosedError`.
 *
 * @example In one thread, to be short; usually, the port is posted to a worker
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { openPort, WalPort } from "@syncline/wal/port";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const wal = await Wal.open(new MemoryStorage());
 * const port = new WalPort(openPort(wal));
 * assert.equal(await port.append("first"), 1); // durable when it resolves
 * const { last } = await port.appendBatch(["second", "third"]); // atomic
 * assert.equal(last, wal.lastLsn);
 * await port.close();
 * await wal.close();
 * ```
 */
export class WalPort<In = RecordInput, Out = Uint8Array<ArrayBuffer>>
  implements AsyncDisposable {
  readonly #codec: Codec<In, Out> | undefined;
  readonly #decode: Decode<Out>;
  readonly #link: PortLink;
  readonly #tickets = new Tickets();
  /** Records up to this ticket were flushed. */
  #flushedTicket = 0;
  #closing: Promise<void> | undefined;
  /**
   * Takes a port that `openPort` made. Throws `TypeError` or `RangeError` for
   * bad options.
   */
  constructor(port: AnyPort, options: WalPortOptions<In, Out> = {}) {
    const action = "use a port";
    requireMethod(action, "port", port, "start");
    const { codec, ...bounds } = checkPort(action, options);
    this.#codec = codec;
    this.#decode = codec === undefined
      ? (bytes) => bytes as Out
      : decoderOf(codec);
    this.#link = new PortLink(port, bounds);
  }

  /** Records that were appended and are not acknowledged yet. */
  get waitingRecords(): number {
    return this.#link.outbox.records;
  }

  /** Their bytes, with 4 for each record. */
  get waitingBytes(): number {
    return this.#link.outbox.bytes;
  }

  /**
   * Appends one record, as `Wal.append` does. Resolves with its LSN once it has
   * reached the level `ack`.
   *
   * The record is copied during the call, and sent when the turn ends. Rejects
   * with `TypeError`, `EncodeError`, `RecordTooLargeError` or `ConflictError`;
   * with `QueueFullError` if too much of this port waits already, or too many
   * appends wait for room in the log; with `StorageFullError` if the disk is
   * full. The record is not in the log then.
   */
  append(record: In, options?: PortAppendOptions): Promise<number> {
    // Not an async function: that would create a second promise per call.
    try {
      this.#require("append");
      const { level, expect } = checkPortAppend(options);
      const input = this.#toRecord(record);
      const size = measureRecord(input);
      const group = expect === undefined
        ? this.#link.outbox.add("append", input, size, level)
        : this.#link.outbox.addTogether([input], [size], size, {
          level,
          expect,
        });
      this.#link.sendSoon();
      return group.wait(group.count - 1);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Appends several records atomically: they get contiguous LSNs in one frame,
   * and a crash keeps all or none. Resolves when all have reached the level
   * `ack`. Together they may take 67,108,864 bytes, counting 4 extra bytes per
   * record. Rejects with `RangeError` if there are no records, and otherwise as
   * `append` does.
   */
  appendBatch(
    records: Iterable<In>,
    options?: PortAppendOptions,
  ): Promise<LsnRange> {
    try {
      this.#require("append");
      const { level, expect } = checkPortAppend(options);
      const toRecord = (value: In) => this.#toRecord(value);
      const request = makeRequest(records, toRecord, { level: "disk" });
      const { count, bytes, sizes } = request;
      const group = this.#link.outbox.addTogether(
        request.records,
        sizes,
        bytes,
        {
          ...{ level, expect },
        },
      );
      this.#link.sendSoon();
      return group.wait(count - 1).then((last) => rangeTo(last, count));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Appends one record without a promise, at the level of the log unless `ack`
   * names another. Returns its ticket, and not its LSN, which only the thread of
   * the log can know: tickets count the records of this port, from 1. See
   * {@linkcode WalPort.settled}.
   *
   * Throws `QueueFullError` if too much of this port waits already, `TypeError`,
   * `EncodeError` or `RecordTooLargeError`; the record is not appended then. If
   * records were refused later, and no call was waiting for them, the next call
   * of any method throws the reason, once.
   */
  enqueue(record: In, options?: EnqueueOptions): number {
    this.#require("enqueue");
    const level = options === undefined
      ? LOGS_LEVEL
      : checkPortEnqueue(options);
    const input = this.#toRecord(record);
    const size = measureRecord(input);
    this.#tickets.add(this.#link.outbox.add("enqueue", input, size, level));
    this.#link.sendSoon();
    return this.#link.outbox.lastTicket;
  }

  /**
   * Resolves with the LSN of an enqueued record once it has reached `level`,
   * which defaults to the level of the log. It waits for the policy; `flush`
   * does not.
   *
   * A port remembers the tickets of its last 4096 messages at least; a
   * `RangeError` says that it has forgotten one, or has not given it out.
   * Rejects with the reason why the record was not appended, and with the
   * signal's reason after an abort, which changes nothing for the record.
   */
  async settled(
    ticket: number,
    level?: AckLevel,
    options: WaitOptions = {},
  ): Promise<number> {
    const action = "wait for a record";
    this.#requireOpen("wait");
    const { lastTicket } = this.#link.outbox;
    requireInteger(action, "its ticket", ticket, 1, lastTicket);
    if (level !== undefined) requireAckLevel("wait", "level", level);
    const signal = checkWait("wait", options);
    const group = this.#tickets.find(ticket);
    if (group === undefined) {
      throw new RangeError(
        `Cannot ${action} because its ticket is not one of the last that ` +
          `enqueue returned: received ${ticket}`,
      );
    }
    const lsn = await orAborted(
      group.wait(ticket - group.firstTicket),
      signal,
    );
    if (isReached(group, level)) return lsn;
    return await this.#link.call(
      "wait",
      (call) => ["settle", call, lsn, numberOf(level)],
      signal,
    );
  }

  /**
   * Flushes and syncs everything that this port appended before, and what others
   * did until the call arrives, whatever the policy says. Resolves when all of it
   * is durable, with the last LSN. After an abort it rejects with the signal's
   * reason; what it began goes on.
   */
  async flush(options: WaitOptions = {}): Promise<number> {
    this.#require("flush");
    return await this.#flush("flush", checkWait("flush", options));
  }

  /**
   * Reads records as `Wal.read` does, but not backwards. They are sent ahead of
   * need, 1 MiB or one frame at most, and decoded here.
   */
  read(options: PortReadOptions = {}): LogIterator<LogRecord<Out>> {
    return this.#read("read", options, () => {
      requireOptions("read", options, READ);
      requireSignal("read", options.signal);
    });
  }

  /**
   * Follows the log as `Wal.follow` does: yields all records from `from` on,
   * then each new one once it has reached `level`, until the log closes. They
   * are sent ahead of need, 1 MiB or one frame at most.
   */
  follow(options: FollowOptions = {}): LogIterator<FollowedRecord<Out>> {
    const check = () => checkFollowOptions(options);
    const records: unknown = this.#read("follow", options, check);
    return records as LogIterator<FollowedRecord<Out>>;
  }

  /**
   * Flushes what this port appended, and closes it; the log stays open. A second
   * call returns the same promise. Rejects as `flush` does; the port is closed
   * even so. Reads that are running reject.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@linkcode WalPort.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    if (this.#link.isShut) return;
    try {
      this.#link.report();
      const { lastTicket } = this.#link.outbox;
      if (lastTicket > this.#flushedTicket) await this.#flush("close");
    } finally {
      this.#link.shut((action) => new PortClosedError(action, false));
    }
  }

  async #flush(action: string, signal?: AbortSignal): Promise<number> {
    const { lastTicket } = this.#link.outbox;
    const lsn = await this.#link.call(
      action,
      (call) => ["flush", call],
      signal,
    );
    this.#link.report();
    this.#flushedTicket = Math.max(this.#flushedTicket, lastTicket);
    return lsn;
  }

  #read(
    kind: ReadRequest["kind"],
    options: PortReadOptions | FollowOptions,
    check: () => void,
  ): RemoteReader<Out, LogRecord<Out>> {
    const { signal, ...sent } = Object(options) as PortReadOptions;
    const request = { kind, options: sent };
    const begin = () => {
      if (this.#closing !== undefined) throw new PortClosedError(kind, false);
      check();
    };
    const host = this.#link.host(request, begin, () => reader);
    const reader = new RemoteReader<Out, LogRecord<Out>>(
      ...[host, this.#decode, signal] as const,
    );
    return reader;
  }

  #require(action: string): void {
    this.#requireOpen(action);
    this.#link.report();
  }

  #requireOpen(action: string): void {
    this.#link.requireOpen(action);
    if (this.#closing !== undefined) throw new PortClosedError(action, false);
  }

  #toRecord(value: In): RecordInput {
    return this.#codec === undefined
      ? requireRecord(value)
      : requireRecord(encodeWith(this.#codec, value), "what the codec made");
  }
}

/** Whether records of an acknowledged group are known to have reached it. */
function isReached(group: Group, level: AckLevel | undefined): boolean {
  const wanted = numberOf(level);
  if (wanted === group.level) return true;
  return wanted !== LOGS_LEVEL && group.level !== LOGS_LEVEL &&
    wanted < group.level;
}
