import { Buffer } from "node:buffer";
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
import type { Snapshot } from "@syncline/wal/checkpoint";
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

/** A change of one key; without a value, the key is deleted. */
type Change = readonly [key: string, value: string | undefined];

/** Keys and values are bytes, kept in strings with a character for each. */
const BYTES = "latin1";

/** Stands for the length of a value where a key is deleted. */
const DELETED = 0xffffffff;

/** Keys that `clear` deletes with one record. */
const CLEAR_KEYS = 1000;

/** A piece of a snapshot has about this many bytes. */
const PIECE_BYTES = 64 * 1024;

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
    await this.#wal.flush();
  }

  /**
   * Writes a snapshot and drops the records that it covers, while writes go
   * on. The database calls it from time to time.
   */
  async checkpoint(): Promise<void> {
    let covered = 0;
    const { bytes } = await this.#wal.checkpoint(() => {
      covered = this.#logBytes;
      return encodeMap(this.#map);
    });
    this.#logBytes -= covered;
    this.#dueBytes = Math.max(this.#checkpointBytes, bytes);
  }

  protected async _open(): Promise<void> {
    // The log is dropped by segments, so it needs several.
    const segmentBytes = Math.max(4096, this.#checkpointBytes >> 2);
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
    this.#wal = wal;
  }

  async #replay(wal: Wal): Promise<void> {
    this.#map = SortedMap.empty;
    this.#logBytes = 0;
    this.#dueBytes = this.#checkpointBytes;
    const from = await wal.restore(async (snapshot) => {
      this.#dueBytes = Math.max(this.#checkpointBytes, snapshot.size);
      for await (const change of decodeSnapshot(snapshot)) this.#apply(change);
    });
    for await (const { lsn, data } of wal.read({ from })) {
      const { changes, end } = decodeChanges(data);
      if (end !== data.length) {
        const location = String(this.location);
        throw new Error(`Record ${lsn} of ${location} is not a change`);
      }
      for (const change of changes) this.#apply(change);
      this.#logBytes += data.length;
    }
  }

  protected async _close(): Promise<void> {
    await this.#wal.close(); // It ends a checkpoint, too.
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
    this.#checkpointing = this.checkpoint().catch((error) => {
      this.#dueBytes = this.#logBytes + this.#checkpointBytes;
      if (this.status === "open") warn(`Cannot checkpoint: ${error}`);
    }).finally(() => this.#checkpointing = undefined);
  }

  protected _get(key: Buffer, options: ReadOptions) {
    return Promise.resolve(this._getSync(key, options));
  }

  protected _getSync(key: Buffer, options: ReadOptions): Buffer | undefined {
    const value = this.#mapOf(options).get(textOf(key));
    return value === undefined ? undefined : Buffer.from(value, BYTES);
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
      found.push([Buffer.from(key, BYTES), Buffer.from(value, BYTES)]);
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

function textOf(bytes: Buffer): string {
  return bytes.toString(BYTES);
}

function rangeOf({ gt, gte, lt, lte, reverse }: ReadOptions): Range {
  const bound = (bytes?: Buffer) => bytes && textOf(bytes);
  return {
    ...{ gt: bound(gt), gte: bound(gte) },
    ...{ lt: bound(lt), lte: bound(lte), reverse },
  };
}

/** Each change is two lengths of 32 bits, a key, and a value if there is one. */
function encodeChanges(changes: readonly Change[]): Buffer {
  const bytes = Buffer.allocUnsafe(
    changes.reduce((sum, change) => sum + measure(change), 0),
  );
  let at = 0;
  for (const [key, value] of changes) {
    at = bytes.writeUInt32LE(key.length, at);
    at = bytes.writeUInt32LE(value === undefined ? DELETED : value.length, at);
    at += bytes.write(key, at, BYTES);
    if (value !== undefined) at += bytes.write(value, at, BYTES);
  }
  return bytes;
}

function measure([key, value]: Change): number {
  return 8 + key.length + (value === undefined ? 0 : value.length);
}

/** The whole changes that `data` begins with, and how many bytes they take. */
function decodeChanges(data: Uint8Array) {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const changes: Change[] = [];
  let end = 0;
  while (end + 8 <= bytes.length) {
    const keyAt = end + 8;
    const valueAt = keyAt + bytes.readUInt32LE(end);
    const length = bytes.readUInt32LE(end + 4);
    const next = valueAt + (length === DELETED ? 0 : length);
    if (next > bytes.length) break;
    const key = bytes.toString(BYTES, keyAt, valueAt);
    const isDeleted = length === DELETED;
    const value = isDeleted ? undefined : bytes.toString(BYTES, valueAt, next);
    changes.push([key, value]);
    end = next;
  }
  return { changes, end };
}

/** A snapshot is what would make the map of an empty one. */
function* encodeMap(map: SortedMap): Generator<Buffer, void> {
  let changes: Change[] = [];
  let bytes = 0;
  for (const { key, value } of map.entries()) {
    changes.push([key, value]);
    bytes += measure([key, value]);
    if (bytes < PIECE_BYTES) continue;
    yield encodeChanges(changes);
    changes = [];
    bytes = 0;
  }
  yield encodeChanges(changes);
}

async function* decodeSnapshot(snapshot: Snapshot): AsyncGenerator<Change> {
  let rest = Buffer.alloc(0);
  for await (const piece of snapshot) {
    rest = Buffer.concat([rest, piece]);
    const { changes, end } = decodeChanges(rest);
    yield* changes;
    rest = rest.subarray(end);
  }
}
