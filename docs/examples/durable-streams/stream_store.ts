import { Wal, type WalOptions, type WalTarget } from "@syncline/wal";
import { configOf, type CreateRequest, isCreatedBy } from "./create_request.ts";
import {
  type AppendDecision,
  type AppendRequest,
  decideAppend,
} from "./decide_append.ts";
import { messageOf, prefixOf } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import type { MessagePlace, Stream } from "./stream.ts";
import { StreamIndex } from "./stream_index.ts";
import { type StreamRecord, streamRecords } from "./stream_record.ts";

type StreamLog = Wal<StreamRecord, StreamRecord>;
type Fork = NonNullable<CreateRequest["fork"]>;

/** What a fork begins with. */
interface Beginning {
  readonly source: Stream;
  /** What it has of the message at which it begins. */
  readonly prefix?: Uint8Array;
}

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
  readonly #streams = new StreamIndex();
  readonly #closing = new AbortController();
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
      // The store has a bound of its own, and an append that it accepts is
      // never refused.
      maxWaitingBytes: Number.MAX_SAFE_INTEGER,
      maxWaitingRecords: Number.MAX_SAFE_INTEGER,
      ...options.wal,
      codec: streamRecords,
    });
    const store = new StreamStore(wal, options);
    try {
      for await (const { lsn, data: record } of wal.read()) {
        store.#streams.accept(record);
        store.#streams.settle(record, lsn);
      }
      return store;
    } catch (error) {
      await wal.close();
      throw error;
    }
  }

  /** Aborted when the store closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The paths of all streams that can be found. */
  paths(): string[] {
    return this.#streams.all()
      .filter((stream) => !stream.isDeleted).map(({ config }) => config.path);
  }

  /** The position after the last message of a stream; 0 if there is none. */
  endOf(path: string): number {
    return this.#streams.at(path)?.end ?? 0;
  }

  /** The stream at a path. Rejects with a `Refusal` if there is none. */
  async find(path: string): Promise<Stream> {
    const stream = this.#lookUp(path);
    if (stream === undefined) {
      await this.#deletions;
      throw new Refusal(404, "Stream not found");
    }
    const { isDeleted, createdLsn } = stream;
    if (createdLsn > 0 && !isDeleted) return stream;
    await stream.pending;
    if (isDeleted) throw new Refusal(410, "Stream is gone");
    return await this.find(path);
  }

  /** Creates a stream, or finds the one that was created just so. */
  async create(
    request: CreateRequest,
  ): Promise<{ stream: Stream; isNew: boolean }> {
    let existing = this.#lookUp(request.path);
    if (existing === undefined) {
      const beginning = request.fork && await this.#beginningOf(request.fork);
      // Meanwhile the source may be gone, or another request has been faster.
      if (beginning?.source.isDeleted) return await this.create(request);
      existing = this.#lookUp(request.path);
      if (existing === undefined) return await this.#create(request, beginning);
    }
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
    let data = body;
    try {
      decision = decideAppend(stream, request);
      if (decision.kind === "append") {
        data = messageOf(stream.config.contentType, body);
      }
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
        data,
        marks: seq !== undefined || producer || closes
          ? { seq, producer, closes }
          : undefined,
      };
    const written = this.#commit([record]);
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
      const message = await this.#message(stream, place);
      if (message === undefined) return await this.read(stream, position);
      messages.push(message);
      bytes += message.length;
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
    const streams = this.#streams.all();
    let oldest = this.#wal.lastLsn + 1;
    // Or a crash could bring back a fork whose messages are dropped.
    await this.#wal.flush();
    for (const stream of streams) {
      if (stream.createdLsn === 0) await stream.pending;
      oldest = Math.min(oldest, stream.createdLsn);
    }
    return await this.#wal.truncateBefore(oldest);
  }

  /** Removes streams whose time is over, even if nobody asks for them. */
  async expire(): Promise<void> {
    for (const path of this.paths()) this.#lookUp(path);
    await this.#deletions;
  }

  /** Ends all waiting readers, and closes the log. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const stream of this.#streams.all()) stream.wake();
    await this.#wal.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A stream at a path, even a deleted one with forks; none if it expired. */
  #lookUp(path: string): Stream | undefined {
    const stream = this.#streams.at(path);
    if (stream === undefined || stream.isDeleted) return stream;
    if (!stream.isExpired(Date.now())) return stream;
    // Written down: or a crash would bring it back. Who asks waits for that.
    this.#remove(stream).catch(() => {});
    return this.#streams.at(path);
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
    beginning: Beginning | undefined,
  ): Promise<{ stream: Stream; isNew: boolean }> {
    const number = this.#streams.nextNumber;
    const config = configOf(request, beginning?.source);
    const records: StreamRecord[] = [
      { kind: "create", stream: number, config },
    ];
    const { body } = request;
    const first = body.length > 0
      ? messageOf(config.contentType, body, true)
      : body;
    for (const data of [beginning?.prefix, first]) {
      if (data !== undefined && data.length > 0) {
        records.push({ kind: "append", stream: number, data });
      }
    }
    const written = this.#commit(records);
    const stream = this.#streams.numbered(number)!;
    await written;
    if (first.length > 0) this.onAppend(request.path);
    return { stream, isNew: true };
  }

  /** Throws if the log takes no more. */
  #remove(stream: Stream): Promise<void> {
    const written = this.#commit([{ kind: "delete", stream: stream.number }]);
    this.#deletions = stream.pending = written;
    this.onDelete(stream.config.path);
    return written.then(() => stream.wake());
  }

  /**
   * Appends records of one stream, as one if there are several. Requests that
   * follow are judged by them at once, readers see them when they are on disk.
   */
  #commit(records: readonly StreamRecord[]): Promise<void> {
    if (this.#failure !== undefined) {
      throw new Refusal(503, "The log has failed; restart the server");
    }
    let charge = OVERHEAD * records.length;
    for (const record of records) {
      if (record.kind === "append") charge += record.data.length;
    }
    if (this.#pendingBytes + charge > this.#maxPendingBytes) {
      throw new Refusal(503, "Too many appends wait for the disk", {
        "Retry-After": "1",
      });
    }
    this.#pendingBytes += charge;
    const written = this.#write(records, charge);
    for (const record of records) this.#streams.accept(record);
    const stream = this.#streams.numbered(records[0].stream);
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
      records.forEach((record, i) => this.#streams.settle(record, first + i));
    } catch (error) {
      // What was accepted is ahead of the disk now, so nothing more is.
      this.#failure ??= error;
      throw error;
    } finally {
      this.#pendingBytes -= charge;
    }
  }

  /** What a message holds; nothing if its stream was deleted meanwhile. */
  async #message(
    stream: Stream,
    { lsn }: MessagePlace,
  ): Promise<Uint8Array | undefined> {
    try {
      const record = await this.#wal.get(lsn);
      if (record?.data.kind === "append") return record.data.data.slice();
      throw new Error(`Record ${lsn} is not a message`);
    } catch (error) {
      if (stream.isDeleted) return undefined;
      throw error;
    }
  }

  async #beginningOf(fork: Fork): Promise<Beginning> {
    const source = await this.find(fork.path).catch((refusal) => {
      if (refusal.status !== 410) throw refusal;
      throw new Refusal(409, "The source was deleted; only forks are left");
    });
    const { subOffset = 0, position = source.end } = fork;
    if (subOffset === 0) return { source };
    const [next] = source.messagesAfter(position);
    if (next === undefined) throw new Refusal(400, "Invalid fork sub-offset");
    const message = await this.#message(source, next);
    if (message === undefined) return { source };
    const { contentType } = source.config;
    return {
      source,
      prefix: prefixOf(contentType, message, subOffset),
    };
  }
}
