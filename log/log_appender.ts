import { requireInteger, requireMethod } from "../argument.ts";
import { type Codec, decoderOf, encodeWith } from "../codec/codec.ts";
import { LogView } from "../reader/log_view.ts";
import { WriterSource } from "../reader/writer_source.ts";
import type { FrameLog } from "../storage/frame_log.ts";
import { appendRemotely, type AttachedReplica } from "./attached_replica.ts";
import { changeOptions, settingsOf } from "./check_options.ts";
import { type AckLevel, requireAckLevel } from "../writer/acks.ts";
import {
  type AppendOptions,
  checkAppend,
  checkEnqueue,
  checkWait,
  checkWritable,
  type EnqueueOptions,
  type ReceiptOptions,
  type WaitOptions,
  type WritableOptions,
} from "../writer/append_options.ts";
import {
  type AppendRequest,
  type Demands,
  type LsnRange,
  makeRequest,
  measureRecord,
  rangeTo,
  type RecordInput,
  requireRecord,
} from "../writer/record.ts";
import {
  type CheckedOptions,
  type CurrentSettings,
  DEFAULT_ACK,
  type WalSettings,
} from "../wal_options.ts";
import { requireUpkeep } from "../upkeep/upkeep_options.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import type {
  AppendReceipt,
  BatchReceipt,
  FlushReceipt,
} from "../writer/receipts.ts";
import { RecordSink } from "../writer/record_sink.ts";
import type { Writer } from "../writer/writer.ts";

/** What ports and replicas need of the log that they lead to. */
export interface LogAccess {
  /** What it is made of. */
  readonly log: FrameLog;
  /** Its writer. */
  readonly writer: Writer;
  /** Its level. */
  readonly ack: () => AckLevel;
  /** Throws `LogClosedError` if it is closed, or is being closed. */
  readonly refuseIfClosed: (action: string) => void;
  /** What copies it elsewhere, if anything does. */
  replica: AttachedReplica | undefined;
}

/** Opens a log for what is not part of every program. */
// deno-lint-ignore no-explicit-any
export let accessOf: (log: LogAppender<any, any>) => LogAccess;

/** A log to which records can be appended: the part of `Wal` that does that. */
export abstract class LogAppender<
  In = RecordInput,
  Out = Uint8Array<ArrayBuffer>,
> extends LogView<Out> {
  /**
   * The one writer.
   *
   * @internal
   */
  protected readonly writer: Writer;
  /** The call that closes the log, if there was one. */
  protected closing: Promise<void> | undefined;
  readonly #log: FrameLog;
  /** What the log was opened with, and changed to since. */
  #options: CheckedOptions;
  #ack: AckLevel;
  readonly #codec: Codec<In, Out> | undefined;
  /**
   * What others have of it.
   *
   * @internal
   */
  protected readonly access: LogAccess;

  static {
    accessOf = (log) => log.access;
  }

  /**
   * Appends to `log` through its writer.
   *
   * @internal
   */
  protected constructor(
    log: FrameLog,
    writer: Writer,
    options: CheckedOptions,
    codec: Codec<In, Out> | undefined,
  ) {
    super(
      new WriterSource(log, writer),
      codec === undefined ? (bytes) => bytes as Out : decoderOf(codec),
    );
    this.writer = writer;
    this.#log = log;
    this.#options = options;
    this.#ack = DEFAULT_ACK[options.synchronous];
    this.#codec = codec;
    this.access = {
      log,
      writer,
      ack: () => this.#ack,
      refuseIfClosed: (action) => this.refuseIfClosed(action),
      replica: undefined,
    };
  }

  /** The settings that `Wal.configure` can change, as they are now. */
  get settings(): Readonly<CurrentSettings> {
    return settingsOf(this.#options);
  }

  /**
   * All options of the log, as they are now.
   *
   * @internal
   */
  protected get options(): CheckedOptions {
    return this.#options;
  }

  /**
   * Changes settings, as `Wal.configure` says.
   *
   * @internal
   */
  protected async change(changes: WalSettings): Promise<void> {
    const options = changeOptions(this.#options, changes);
    requireUpkeep(this.#log, options);
    this.writer.requireHealth();
    const configured = this.writer.configure(options);
    this.#options = options;
    this.#ack = DEFAULT_ACK[options.synchronous];
    await configured;
  }

  /** Throws `LogClosedError` if the log is closed, or is being closed. */
  protected refuseIfClosed(action: string): void {
    if (this.closing !== undefined) throw new LogClosedError(action);
  }

  /**
   * Appends one record of 0 to 67,108,860 bytes; a string is encoded as UTF-8,
   * and an array is one record in pieces. Resolves with its LSN once the record
   * has reached the level `ack`.
   *
   * The record is copied during the call, so its buffers may be reused at once.
   * Appends at the same level resolve in LSN order; those with a receipt may be
   * some microtasks later. While the queue is full, appends wait in order;
   * `expect` is judged when the record gets its place. Rejects with `TypeError`,
   * `EncodeError`, `RecordTooLargeError` or `ConflictError`, or with
   * `QueueFullError` if too many appends are already waiting; nothing is queued
   * then. Rejects with `StorageFullError` if the disk is full: nothing of the
   * record is on disk, and the log stays usable. After an abort it rejects with
   * the signal's reason if the record never appears, and with
   * `AppendAbortedError` if it does.
   *
   * @example In pieces, only as the first record, and within a second
   * ```ts
   * import { ConflictError, Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * const header = Uint8Array.of(1, 0);
   * const signal = AbortSignal.timeout(1000);
   * await wal.append([header, "a body"], { expect: 1, signal });
   * await assert.rejects(wal.append("more", { expect: 1 }), ConflictError);
   * await wal.close();
   * ```
   */
  append(record: In, options?: AppendOptions): Promise<number>;
  /**
   * The same; resolves with a receipt, which says in which flush the record was
   * and how long each part of it took.
   */
  append(record: In, options: ReceiptOptions): Promise<AppendReceipt>;
  append(
    record: In,
    options?: AppendOptions | ReceiptOptions,
  ): Promise<number | AppendReceipt> {
    // Not an async function: that would create a second promise per call.
    try {
      this.refuseIfClosed("append");
      if (options === undefined) return this.#append(record, this.#ack);
      if (options?.ack === "remote") {
        return appendRemotely(
          this.access.replica,
          options,
          (local) => this.append(record, local),
        );
      }
      const demands = checkAppend(options, this.#ack);
      const { level, expect, signal, meta, receipt } = demands;
      if (receipt) return this.#appendForReceipt(record, demands);
      return expect === undefined && signal === undefined && meta === undefined
        ? this.#append(record, level)
        : this.#appendOn(record, demands);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Appends several records atomically: they get contiguous LSNs in one frame,
   * and a crash keeps all or none. Resolves when all have reached the level
   * `ack`.
   *
   * Together they may take 67,108,864 bytes, counting 4 extra bytes per record.
   * Rejects with `RangeError` if there are no records, and otherwise like
   * `append`.
   */
  appendBatch(
    records: Iterable<In>,
    options?: AppendOptions,
  ): Promise<LsnRange>;
  /** The same; resolves with a receipt as well. */
  appendBatch(
    records: Iterable<In>,
    options: ReceiptOptions,
  ): Promise<BatchReceipt>;
  appendBatch(
    records: Iterable<In>,
    options: AppendOptions | ReceiptOptions = {},
  ): Promise<LsnRange | BatchReceipt> {
    try {
      this.refuseIfClosed("append");
      if (options?.ack === "remote") {
        return appendRemotely(
          this.access.replica,
          options,
          (local) => this.appendBatch(records, local),
        );
      }
      const demands = checkAppend(options, this.#ack);
      const request = this.#request(records, demands);
      const { length } = request.records;
      const range = (last: number) => rangeTo(last, length);
      return demands.receipt
        ? this.#forReceipt(request, range)
        : this.writer.appendTogether(request, range);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Queues one record, at the level of the log unless `ack` names another, and
   * returns its LSN at once, without a promise. Nothing is guaranteed about the
   * record yet; see {@linkcode LogAppender.settled}.
   *
   * Throws `QueueFullError` if there is no room, `TypeError`, `EncodeError` or
   * `RecordTooLargeError`; the record is not queued then. Throws
   * `StorageFullError` once if records queued earlier were dropped because the
   * disk was full and no call was waiting for them. Its `lsn` is the first LSN
   * that was dropped; LSNs from there on are assigned again.
   */
  enqueue(record: In, options?: EnqueueOptions): number {
    this.refuseIfClosed("enqueue");
    const level = options === undefined
      ? this.#ack
      : checkEnqueue(options, this.#ack);
    const input = this.#toRecord(record);
    return this.writer.enqueue(input, measureRecord(input), level);
  }

  /**
   * A web stream of records: a write resolves when its record has a place in
   * the queue, so that many share a flush; a full queue holds up the stream.
   *
   * `close` of the stream resolves when all of its records have reached the
   * level `ack`; like an append, it waits for the policy. The stream fails with
   * the first error, which can be that of a record written earlier: those from
   * there on may be missing. Aborting it, or its `signal`, keeps what already
   * has a place. The log stays open. Throws `TypeError` for bad options.
   *
   * @example
   * ```ts
   * import { Wal } from "@syncline/wal";
   * import { MemoryStorage } from "@syncline/wal/storage";
   * import assert from "node:assert/strict";
   *
   * const wal = await Wal.open(new MemoryStorage());
   * await new Blob(["some bytes"]).stream().pipeTo(wal.writable());
   * assert.equal(wal.durableLsn, 1);
   * await wal.close();
   * ```
   */
  writable(options: WritableOptions = {}): WritableStream<In> {
    this.refuseIfClosed("make a stream");
    const { level, signal } = checkWritable(options, this.#ack);
    const append = (record: In, signal: AbortSignal) => {
      this.refuseIfClosed("append");
      return this.#appendOn(record, { level, signal });
    };
    const placed = () => this.writer.placed();
    return new WritableStream(new RecordSink({ append, placed }, signal));
  }

  /**
   * Resolves when all records up to `lsn` have reached `level`, which defaults
   * to the level of the log. It waits for the policy; `flush` does not.
   *
   * Rejects with `RangeError` if `lsn` has not been assigned yet, and with the
   * signal's reason after an abort, which changes nothing for the records.
   */
  async settled(
    lsn: number,
    level: AckLevel = this.#ack,
    options: WaitOptions = {},
  ): Promise<void> {
    this.refuseIfClosed("wait");
    requireInteger(
      "wait for a record",
      "its LSN",
      lsn,
      1,
      this.writer.lastLsn,
    );
    requireAckLevel("wait", "level", level);
    await this.writer.settled(lsn, level, checkWait("wait", options));
  }

  /**
   * Flushes and syncs everything appended before the call, whatever the policy
   * says. Resolves when all of it is durable, with the last LSN, or
   * `firstLsn - 1` (0 by default) if there is none. After an abort it rejects
   * with the signal's reason; what it began goes on.
   */
  async flush(options: WaitOptions = {}): Promise<number> {
    this.refuseIfClosed("flush");
    return await this.writer.flush(checkWait("flush", options));
  }

  #append(value: In, level: AckLevel): Promise<number> {
    const record = this.#toRecord(value);
    return this.writer.append(record, measureRecord(record), level);
  }

  #appendOn(value: In, demands: Demands): Promise<number> {
    const request = this.#request([value], demands);
    return this.writer.appendTogether(request, (last) => last);
  }

  #appendForReceipt(value: In, demands: Demands): Promise<AppendReceipt> {
    const request = this.#request([value], demands);
    return this.#forReceipt(request, (lsn) => ({ lsn }));
  }

  /** Appends; resolves with the flush as well. */
  #forReceipt<Place>(
    request: AppendRequest,
    place: (last: number) => Place,
  ): Promise<Place & FlushReceipt> {
    const { writer } = this;
    const calledAt = writer.now();
    return writer.appendTogether(request, async (last) => ({
      ...place(last),
      ...await writer.receiptOf(last, calledAt),
    })).then((receipt) => receipt);
  }

  /** Checks a record; a log with a codec encodes it first. */
  #toRecord(value: In): RecordInput {
    return this.#codec === undefined
      ? requireRecord(value)
      : requireRecord(encodeWith(this.#codec, value), "what the codec made");
  }

  #request(values: Iterable<In>, demands: Demands): AppendRequest {
    if (demands.meta !== undefined) {
      requireMethod("append with metadata", "the log", this.#log, "setMeta");
    }
    return makeRequest(values, (value) => this.#toRecord(value), demands);
  }
}
