import { Wal, type WalOptions, type WalTarget } from "@syncline/wal";
import { configOf, type CreateRequest, isCreatedBy } from "./create_request.ts";
import {
  type AppendDecision,
  type AppendRequest,
  decideAppend,
} from "./decide_append.ts";
import { messageOf, prefixOf } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { Stream } from "./stream.ts";
import {
  type StreamConfig,
  type StreamRecord,
  streamRecords,
} from "./stream_record.ts";

type StreamLog = Wal<StreamRecord, StreamRecord>;

/** What a record counts for on top of its body while it waits, in bytes. */
const OVERHEAD = 1024;

/** The outcome of an append. */
export interface Appended {
  /** The position after it. */
  readonly end: number;
  /** Whether the stream is closed now. */
  readonly isClosed: boolean;
  /** False if it was done before. */
  readonly isNew: boolean;
  /** The last number of the producer, if there is one. */
  readonly lastSeq?: number | undefined;
}

/** A part of a stream. */
export interface StreamPart {
  readonly messages: readonly Uint8Array[];
  /** The position after the last of them. */
  readonly end: number;
  /** Whether there was nothing after it. */
  readonly isUpToDate: boolean;
  /** Whether nothing will ever follow. */
  readonly isClosed: boolean;
}

/** Limits of a store, and options of its log. */
export interface StreamStoreOptions {
  /** Options of the log, such as its policy. */
  readonly wal?: Omit<WalOptions<StreamRecord, StreamRecord>, "codec">;
  /** Longest body of a request, in bytes: up to 16 MiB. Default 8 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** About how many bytes one read returns at most. Default 1 MiB. */
  readonly maxReadBytes?: number | undefined;
  /** Bodies that may wait for the disk, in bytes. Default 64 MiB. */
  readonly maxPendingBytes?: number | undefined;
}

/**
 * Many streams in one log: each append is one record with the number of its
 * stream, so that streams share syncs. In memory are the settings of streams
 * and where their messages are; their bytes are read back from the log.
 *
 * Nothing that it answers can be undone by a crash: each call waits until all
 * that its answer rests on is on disk, even what another call has appended.
 */
export class StreamStore implements AsyncDisposable {
  readonly maxBodyBytes: number;
  readonly #maxReadBytes: number;
  readonly #maxPendingBytes: number;
  readonly #wal: StreamLog;
  /** By path: what a request can name. */
  readonly #paths = new Map<string, Stream>();
  /** By number: those, and the deleted ones that forks need. */
  readonly #numbers = new Map<number, Stream>();
  readonly #closing = new AbortController();
  #lastNumber = 0;
  #pendingBytes = 0;
  /** Resolves when all deletions so far are on disk. */
  #deletions: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  /** Called after an append is on disk. */
  onAppend: (path: string) => void = () => {};
  /** Called once a stream cannot be found any more. */
  onDelete: (path: string) => void = () => {};

  private constructor(wal: StreamLog, options: StreamStoreOptions) {
    this.#wal = wal;
    this.maxBodyBytes = options.maxBodyBytes ?? 8 << 20;
    this.#maxReadBytes = options.maxReadBytes ?? 1 << 20;
    this.#maxPendingBytes = options.maxPendingBytes ?? 64 << 20;
  }

  /** Opens a log, such as that of a directory, and reads all of it. */
  static async open(
    target: WalTarget,
    options: StreamStoreOptions = {},
  ): Promise<StreamStore> {
    if ((options.maxBodyBytes ?? 0) > 16 << 20) {
      throw new RangeError(`maxBodyBytes is ${options.maxBodyBytes}`);
    }
    const wal = await Wal.open(target, {
      ...options.wal,
      codec: streamRecords,
    });
    const store = new StreamStore(wal, options);
    for await (const { lsn, data: record } of wal.read()) {
      store.#accept(record);
      store.#settle(record, lsn);
    }
    return store;
  }

  /** Aborted when the store closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The paths of all streams that can be found. */
  paths(): string[] {
    return [...this.#paths.values()]
      .filter((stream) => !stream.isDeleted).map(({ config }) => config.path);
  }

  /** The position after the last message of a stream; 0 if there is none. */
  endOf(path: string): number {
    return this.#paths.get(path)?.end ?? 0;
  }

  /** The stream at a path. Rejects with a `Refusal` if there is none. */
  async find(path: string): Promise<Stream> {
    const stream = this.#lookUp(path);
    if (stream === undefined) {
      await this.#deletions;
      throw new Refusal(404, "Stream not found");
    }
    if (!stream.isDeleted) return stream;
    await stream.pending;
    throw new Refusal(410, "Stream is gone");
  }

  /** Creates a stream, or finds the one that was created just so. */
  async create(
    request: CreateRequest,
  ): Promise<{ stream: Stream; isNew: boolean }> {
    const prefix = await this.#forkPrefix(request);
    const existing = this.#lookUp(request.path);
    if (existing === undefined) return await this.#create(request, prefix);
    const isSame = isCreatedBy(existing, request);
    await existing.pending;
    if (isSame) return { stream: existing, isNew: false };
    throw new Refusal(409, "The path is in use by a different stream");
  }

  /** Appends to a stream, closes it, or both; resolves when that is on disk. */
  async append(path: string, request: AppendRequest): Promise<Appended> {
    let stream = this.#lookUp(path);
    if (!stream || stream.isDeleted) stream = await this.find(path);
    const { body, seq, producer, closes } = request;
    let decision: AppendDecision;
    try {
      decision = decideAppend(stream, request);
    } catch (refusal) {
      await stream.pending;
      throw refusal;
    }
    stream.accessedAt = Date.now();
    if (decision.kind === "done") return await this.#repeat(stream, decision);
    const { number } = stream;
    const record: StreamRecord = decision.kind === "close"
      ? { kind: "close", stream: number, producer }
      : {
        kind: "append",
        stream: number,
        data: messageOf(stream.config.contentType, body),
        marks: seq !== undefined || producer || closes
          ? { seq, producer, closes }
          : undefined,
      };
    const written = this.#commit([record], body.length);
    const end = stream.tail;
    await written;
    if (decision.kind === "append") this.onAppend(path);
    const lastSeq = producer?.seq;
    return { end, isClosed: closes, isNew: true, lastSeq };
  }

  /** Deletes a stream. What its forks need of it stays until they are gone. */
  async delete(path: string): Promise<void> {
    await this.#remove(await this.find(path));
  }

  /** What follows a position, up to a limit: at least one message if any. */
  async read(stream: Stream, position: number): Promise<StreamPart> {
    if (stream.isDeleted) {
      await stream.pending;
      throw new Refusal(404, "Stream not found");
    }
    stream.accessedAt = Date.now();
    const messages: Uint8Array[] = [];
    let end = position;
    let bytes = 0;
    for (const place of stream.messagesAfter(position)) {
      if (bytes >= this.#maxReadBytes) break;
      const record = await this.#wal.get(place.lsn);
      if (record?.data.kind !== "append") {
        throw new Error(`Record ${place.lsn} is not a message`);
      }
      messages.push(record.data.data.slice());
      bytes += record.data.data.length;
      end = place.end;
    }
    if (messages.length === 0) end = stream.end;
    const isUpToDate = end >= stream.end;
    const isClosed = isUpToDate && stream.isClosedForReaders;
    return { messages, end, isUpToDate, isClosed };
  }

  /**
   * Drops all records before the creation of the oldest stream that is left.
   * Resolves with the LSN of the oldest record kept.
   */
  async reclaim(): Promise<number> {
    let oldest = await this.#wal.flush() + 1;
    for (const stream of [...this.#numbers.values()]) {
      if (stream.createdLsn === 0) await stream.pending;
      oldest = Math.min(oldest, stream.createdLsn);
    }
    return await this.#wal.truncateBefore(oldest);
  }

  /** Removes streams whose time is over, even if nobody asks for them. */
  async expire(): Promise<void> {
    for (const path of [...this.#paths.keys()]) this.#lookUp(path);
    await this.#deletions;
  }

  /** Ends all waiting readers, and closes the log. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#wal.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A stream at a path, even a deleted one with forks; none if it expired. */
  #lookUp(path: string): Stream | undefined {
    const stream = this.#paths.get(path);
    if (stream === undefined || stream.isDeleted) return stream;
    if (!stream.isExpired(Date.now())) return stream;
    // Written down: or a crash would bring it back. Who asks waits for that.
    this.#remove(stream).catch(() => {});
    return this.#paths.get(path);
  }

  /** The answer to a request that was done before, perhaps just now. */
  async #repeat(
    stream: Stream,
    { lastSeq }: Extract<AppendDecision, { kind: "done" }>,
  ): Promise<Appended> {
    await stream.pending;
    const { end, isClosedForReaders: isClosed } = stream;
    return { end, isClosed, isNew: false, lastSeq };
  }

  async #create(
    request: CreateRequest,
    prefix: Uint8Array,
  ): Promise<{ stream: Stream; isNew: boolean }> {
    const number = this.#lastNumber + 1;
    const { fork } = request;
    const config = configOf(request, fork && this.#sourceOf(fork.path));
    const records: StreamRecord[] = [
      { kind: "create", stream: number, config },
    ];
    const { body } = request;
    const first = body.length > 0
      ? messageOf(config.contentType, body, true)
      : body;
    for (const data of [prefix, first]) {
      if (data.length > 0) {
        records.push({ kind: "append", stream: number, data });
      }
    }
    const written = this.#commit(records, body.length);
    const stream = this.#numbers.get(number)!;
    await written;
    if (first.length > 0) this.onAppend(request.path);
    return { stream, isNew: true };
  }

  async #remove(stream: Stream): Promise<void> {
    const record: StreamRecord = { kind: "delete", stream: stream.number };
    const written = this.#commit([record], 0);
    this.#deletions = stream.pending = written;
    this.onDelete(stream.config.path);
    await written;
    stream.wake();
  }

  /**
   * Appends records of one stream, as one if there are several. Requests that
   * follow are judged by them at once, readers see them when they are on disk.
   */
  #commit(records: readonly StreamRecord[], bytes: number): Promise<void> {
    if (this.#failure !== undefined) {
      throw new Refusal(503, "The log has failed; restart the server");
    }
    const charge = bytes + OVERHEAD * records.length;
    if (this.#pendingBytes + charge > this.#maxPendingBytes) {
      throw new Refusal(503, "Too many appends wait for the disk", {
        "Retry-After": "1",
      });
    }
    this.#pendingBytes += charge;
    const written = this.#write(records, charge);
    for (const record of records) this.#accept(record);
    const stream = this.#numbers.get(records[0].stream);
    // An unhandled failure is that of the request that waits for it.
    written.catch(() => {});
    if (stream !== undefined) stream.pending = written;
    return written;
  }

  async #write(
    records: readonly StreamRecord[],
    charge: number,
  ): Promise<void> {
    try {
      const [record] = records;
      const first = records.length === 1
        ? await this.#wal.append(record)
        : (await this.#wal.appendBatch(records)).first;
      records.forEach((record, i) => this.#settle(record, first + i));
    } catch (error) {
      // What was accepted is ahead of the disk now, so nothing more is.
      this.#failure ??= error;
      throw error;
    } finally {
      this.#pendingBytes -= charge;
    }
  }

  #accept(record: StreamRecord): void {
    const { kind, stream: number } = record;
    if (kind === "create") {
      this.#add(number, record.config);
      return;
    }
    const stream = this.#numbers.get(number);
    if (stream === undefined) return;
    if (kind !== "delete") return stream.accept(record);
    stream.isDeleted = true;
    this.#forget(stream);
  }

  #settle(record: StreamRecord, lsn: number): void {
    this.#numbers.get(record.stream)?.settle(record, lsn);
  }

  #add(number: number, config: StreamConfig): void {
    const source = this.#numbers.get(config.source ?? 0);
    const stream = new Stream(number, config, source);
    if (source !== undefined) source.forks++;
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#numbers.set(number, stream);
    this.#paths.set(config.path, stream);
  }

  /** Forgets a deleted stream, and those that only it needed. */
  #forget(deleted: Stream): void {
    let stream: Stream | undefined = deleted;
    while (stream !== undefined && stream.isDeleted && stream.forks === 0) {
      this.#numbers.delete(stream.number);
      this.#paths.delete(stream.config.path);
      stream = stream.source;
      if (stream !== undefined) stream.forks--;
    }
  }

  /** What a fork has of the message at which it begins. */
  async #forkPrefix({ fork }: CreateRequest): Promise<Uint8Array> {
    const { subOffset = 0 } = fork ?? {};
    if (fork === undefined || subOffset === 0) return new Uint8Array(0);
    const source = this.#sourceOf(fork.path);
    const [next] = source.messagesAfter(fork.position ?? source.end);
    const record = next && await this.#wal.get(next.lsn);
    if (record?.data.kind !== "append") {
      throw new Refusal(400, "Invalid fork sub-offset");
    }
    return prefixOf(source.config.contentType, record.data.data, subOffset);
  }

  #sourceOf(path: string): Stream {
    const source = this.#lookUp(path);
    if (source === undefined) throw new Refusal(404, "Source stream not found");
    if (!source.isDeleted) return source;
    throw new Refusal(409, "The source was deleted; only its forks are left");
  }
}
