import type { Buffer } from "node:buffer";
import {
  type AbstractDatabaseOptions,
  AbstractIterator,
  AbstractLevel,
  AbstractSnapshot,
} from "abstract-level";
import {
  type AckLevel,
  Wal,
  type WalOptions,
  type WalTarget,
} from "@syncline/wal";
import {
  bytesOf,
  type Change,
  decodeChanges,
  decodeSnapshot,
  encodeChanges,
  encodeSnapshot,
  foreign,
  textOf,
} from "./changes.ts";
import { isWithin, type Range, SortedMap } from "./sorted_map.ts";

/** Options of a {@linkcode DurableLevel}. */
export interface DurableLevelOptions<K, V>
  extends AbstractDatabaseOptions<K, V> {
  /**
   * What is true when a write resolves: `"disk"`, it survives power loss;
   * `"os"`, it survives the death of the process; `"memory"`, nothing.
   * Default: the level of the log, `"disk"` unless `wal` says otherwise.
   */
  ack?: AckLevel | undefined;
  /**
   * A checkpoint is made when the log has at least this many bytes, and at
   * least as many as the last snapshot. Default 64 MiB.
   */
  checkpointBytes?: number | undefined;
  /** Options of the log. */
  wal?: WalOptions | undefined;
}

/** Keys that `clear` deletes with one record. */
const CLEAR_KEYS = 1000;

/** A segment of the log has at most this many bytes, as by default. */
const MOST_SEGMENT_BYTES = 64 * 1024 * 1024;

/**
 * A sorted key-value database in memory that survives crashes: each change is
 * a record of a log, and opening restores a snapshot and replays the rest.
 */
export class DurableLevel<K = string, V = string>
  extends AbstractLevel<Buffer, K, V> {
  /** Where the log is: a directory, or a storage. */
  readonly location: WalTarget;
  readonly #options: DurableLevelOptions<K, V>;
  readonly #checkpointBytes: number;
  #wal!: Wal;
  /** The same until it is closed. */
  #unclosed: Wal | undefined;
  /** What all acknowledged changes have led to. */
  #map = SortedMap.empty;
  /** Bytes of records that no snapshot covers. */
  #logBytes = 0;
  /** How many there are when the next checkpoint is made. */
  #dueBytes = 0;
  #checkpointing: Promise<void> | undefined;

  /** Begins to open the database at `location`, or to create it. */
  constructor(
    location: WalTarget,
    options: DurableLevelOptions<K, V> = {},
  ) {
    super({
      encodings: { buffer: true },
      explicitSnapshots: true,
      ...{ getSync: true }, // Its types do not have it yet.
      has: true,
      createIfMissing: false,
      errorIfExists: false,
    }, options);
    this.location = location;
    this.#options = options;
    this.#checkpointBytes = options.checkpointBytes ?? 64 * 1024 * 1024;
  }

  /** Makes all changes durable that were acknowledged, whatever their level. */
  async flush(): Promise<void> {
    await this.#untilOpen();
    await this.#wal.flush();
  }

  /**
   * Writes a snapshot and drops the records that it covers, while writes go
   * on. The database calls it from time to time.
   */
  async checkpoint(): Promise<void> {
    await this.#untilOpen();
    await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    let covered = 0;
    const { bytes } = await this.#wal.checkpoint(() => {
      covered = this.#logBytes;
      return this.#encodeDurably(this.#map);
    });
    this.#logBytes -= covered;
    this.#dueBytes = Math.max(this.#checkpointBytes, bytes);
  }

  /** Waits while it opens, as other calls do; rejects if it is closed. */
  async #untilOpen(): Promise<void> {
    if (this.status !== "open") await this.open({ passive: true });
  }

  /**
   * With `ack: "memory"`, the map may be ahead of what is durable, and a crash
   * must not leave a snapshot of records that it has lost.
   */
  async *#encodeDurably(map: SortedMap): AsyncGenerator<Buffer, void> {
    yield* encodeSnapshot(map);
    await this.#wal.flush();
  }

  protected async _open(): Promise<void> {
    // The log is dropped by segments, so it needs several.
    const quarter = Math.floor(this.#checkpointBytes / 4);
    const segmentBytes = Math.min(Math.max(4096, quarter), MOST_SEGMENT_BYTES);
    const wal = await Wal.open(this.location, {
      segmentBytes,
      ...this.#options.wal,
    });
    try {
      await this.#replay(wal);
    } catch (error) {
      await wal.close();
      throw error;
    }
    this.#wal = this.#unclosed = wal;
  }

  async #replay(wal: Wal): Promise<void> {
    this.#map = SortedMap.empty;
    this.#logBytes = 0;
    this.#dueBytes = this.#checkpointBytes;
    const from = await wal.restore(async (snapshot) => {
      this.#dueBytes = Math.max(this.#checkpointBytes, snapshot.size);
      for await (const changes of decodeSnapshot(snapshot)) {
        for (const change of changes) this.#apply(change);
      }
    });
    for await (const { lsn, data } of wal.read({ from })) {
      const { changes, end } = decodeChanges(data);
      if (end !== data.length) throw foreign(`record ${lsn}`);
      for (const change of changes) this.#apply(change);
      this.#logBytes += data.length;
    }
  }

  protected async _close(): Promise<void> {
    const wal = this.#unclosed;
    // If a failure is not known yet, this call rejects, and the next one not.
    this.#unclosed = undefined;
    await wal?.close(); // It ends a checkpoint, too.
    await this.#checkpointing;
  }

  protected _put(key: Buffer, value: Buffer): Promise<void> {
    return this.#write([[textOf(key), textOf(value)]]);
  }

  protected _del(key: Buffer): Promise<void> {
    return this.#write([[textOf(key), undefined]]);
  }

  protected _batch(operations: readonly Operation[]): Promise<void> {
    return this.#write(operations.map((operation) => [
      textOf(operation.key),
      operation.type === "put" ? textOf(operation.value) : undefined,
    ]));
  }

  protected async _clear(options: ReadOptions & { limit: number }) {
    const entries = this.#mapOf(options).entries(rangeOf(options));
    let left = options.limit < 0 ? Infinity : options.limit;
    while (left > 0) {
      const changes: Change[] = [];
      for (const { key } of take(entries, Math.min(left, CLEAR_KEYS))) {
        changes.push([key, undefined]);
      }
      if (changes.length === 0) return;
      left -= changes.length;
      await this.#write(changes);
    }
  }

  /** All or none of the changes survive a crash: they are one record. */
  async #write(changes: readonly Change[]): Promise<void> {
    const { ack } = this.#options;
    const record = encodeChanges(changes);
    await this.#wal.append(record, { ack });
    // Acks arrive in the order of the log, so changes are applied in it.
    for (const change of changes) this.#apply(change);
    this.#logBytes += record.length;
    this.#checkpointIfDue();
  }

  #apply([key, value]: Change): void {
    this.#map = this.#map.with(key, value);
  }

  #checkpointIfDue(): void {
    if (this.#checkpointing !== undefined) return;
    if (this.#logBytes < this.#dueBytes) return;
    const { warn = console.warn } = this.#options.wal ?? {};
    this.#checkpointing = this.#checkpoint().catch((error) => {
      this.#dueBytes = this.#logBytes + this.#checkpointBytes;
      if (this.status === "open") warn(`Cannot checkpoint: ${error}`);
    }).finally(() => this.#checkpointing = undefined);
  }

  protected _get(key: Buffer, options: ReadOptions) {
    return Promise.resolve(this._getSync(key, options));
  }

  protected _getSync(key: Buffer, options: ReadOptions): Buffer | undefined {
    const value = this.#mapOf(options).get(textOf(key));
    return value === undefined ? undefined : bytesOf(value);
  }

  protected _getMany(keys: readonly Buffer[], options: ReadOptions) {
    return Promise.resolve(keys.map((key) => this._getSync(key, options)));
  }

  protected _has(key: Buffer, options: ReadOptions): Promise<boolean> {
    const isThere = this.#mapOf(options).get(textOf(key)) !== undefined;
    return Promise.resolve(isThere);
  }

  protected _hasMany(keys: readonly Buffer[], options: ReadOptions) {
    return Promise.all(keys.map((key) => this._has(key, options)));
  }

  protected _iterator(options: ReadOptions): AbstractIterator<this, K, V> {
    return new MapIterator<this, K, V>(this, this.#mapOf(options), options);
  }

  protected _snapshot(options: object): AbstractSnapshot {
    return new MapSnapshot(this.#map, options);
  }

  /** The map to read from, which never changes. */
  #mapOf({ snapshot }: ReadOptions): SortedMap {
    return snapshot === undefined ? this.#map : snapshot.map;
  }
}

/** What `AbstractLevel` passes on for a read. */
interface ReadOptions {
  readonly snapshot?: MapSnapshot | undefined;
  readonly gt?: Buffer;
  readonly gte?: Buffer;
  readonly lt?: Buffer;
  readonly lte?: Buffer;
  readonly reverse?: boolean;
}

/** What it passes on for a batch. */
type Operation =
  | { readonly type: "put"; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: "del"; readonly key: Buffer };

class MapSnapshot extends AbstractSnapshot {
  readonly map: SortedMap;

  constructor(map: SortedMap, options: object) {
    // @ts-ignore: its types do not say that it takes options.
    super(options);
    this.map = map;
  }
}

class MapIterator<Db, K, V> extends AbstractIterator<Db, K, V> {
  readonly #map: SortedMap;
  readonly #range: Range;
  #entries: Iterator<{ key: string; value: string }>;

  constructor(db: Db, map: SortedMap, options: ReadOptions) {
    super(db, options as object);
    this.#map = map;
    this.#range = rangeOf(options);
    this.#entries = map.entries(this.#range);
  }

  protected async _next(): Promise<[Buffer, Buffer] | undefined> {
    return (await this._nextv(1))[0];
  }

  protected _nextv(size: number): Promise<[Buffer, Buffer][]> {
    const found: [Buffer, Buffer][] = [];
    for (const { key, value } of take(this.#entries, size)) {
      found.push([bytesOf(key), bytesOf(value)]);
    }
    return Promise.resolve(found);
  }

  protected _seek(target: Buffer): void {
    const key = textOf(target);
    const range = this.#range;
    const start = range.reverse ? { lte: key } : { gte: key };
    this.#entries = isWithin(key, range)
      ? this.#map.entries({ ...range, ...start })
      : [].values();
  }
}

/** Up to `count` of the entries that are left. */
function* take<T>(entries: Iterator<T>, count: number): Generator<T, void> {
  while (count-- > 0) {
    const { done, value } = entries.next();
    if (done) return;
    yield value;
  }
}

function rangeOf({ gt, gte, lt, lte, reverse }: ReadOptions): Range {
  const bound = (bytes?: Buffer) => bytes && textOf(bytes);
  return {
    ...{ gt: bound(gt), gte: bound(gte) },
    ...{ lt: bound(lt), lte: bound(lte), reverse },
  };
}
