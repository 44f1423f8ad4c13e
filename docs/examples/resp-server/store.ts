import { Buffer } from "node:buffer";
import { LogClosedError, Wal, type WalTarget } from "@syncline/wal";
import type { Snapshot } from "@syncline/wal/checkpoint";

/** Kinds of records; each begins with one. */
const SET = 1;
const DELETE = 2;
const EXPIRE = 3;

/** Its kind, the key's length, and when it expires; then come key and value. */
const HEAD_BYTES = 1 + 4 + 8;

/** Pieces of a snapshot, so that other work gets done between two of them. */
const PIECE_BYTES = 64 * 1024;

/** How often keys that have expired are looked for, and how many each time. */
const SWEEP_MS = 100;
const SWEPT_KEYS = 1000;

/** Options of a {@linkcode Store}. */
export interface StoreOptions {
  /** The wall clock, in ms. Default: `Date.now`. */
  readonly now?: () => number;
  /**
   * Rewrites the log once this many bytes were added to it, and as many as the
   * last rewrite took. Default: 64 MiB.
   */
  readonly rewriteBytes?: number;
  /** Receives what went wrong in the background. Default: `console.warn`. */
  readonly warn?: (message: string) => void;
}

/**
 * Values by key: in memory, with a log of all changes on disk. A key is a
 * string with one unit per byte (Latin-1), so it can be any bytes.
 *
 * Every record says what becomes of its key, not how it changes, and when it
 * expires, not how soon. So replaying a record twice does no harm.
 */
export class Store {
  /** The wall clock, in ms. */
  readonly now: () => number;
  readonly #wal: Wal;
  readonly #warn: (message: string) => void;
  readonly #rewriteBytes: number;
  readonly #values = new Map<string, Buffer>();
  /** When keys expire; those that never do are not in it. */
  readonly #expiries = new Map<string, number>();
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #unswept = this.#expiries.entries();
  #head = Buffer.alloc(4096);
  #lastLsn = 0;
  #bytesSinceRewrite = 0;
  #snapshotBytes = 0;
  #rewriting: Promise<void> | undefined;
  #rewriteError: unknown;

  private constructor(wal: Wal, options: Required<StoreOptions>) {
    this.#wal = wal;
    this.now = options.now;
    this.#warn = options.warn;
    this.#rewriteBytes = options.rewriteBytes;
  }

  /** Opens a log and makes its changes again, from the last rewrite on. */
  static async open(
    target: WalTarget,
    options: StoreOptions = {},
  ): Promise<Store> {
    const { rewriteBytes = 64 * 1024 * 1024 } = options;
    const { now = Date.now, warn = console.warn } = options;
    const wal = await Wal.open(target, {
      maxQueuedRecords: 1_000_000,
      // A rewrite frees the files that it covers as a whole.
      segmentBytes: rewriteBytes / 4,
      warn,
    });
    const store = new Store(wal, { now, rewriteBytes, warn });
    try {
      await store.#restore();
    } catch (error) {
      await wal.close();
      throw error;
    }
    store.#sweeper = setInterval(() => store.#sweep(), SWEEP_MS);
    store.#sweeper.unref?.();
    return store;
  }

  /** How many keys have a value, including some that have expired. */
  get size(): number {
    return this.#values.size;
  }

  /** How many bytes the log takes on disk. */
  get storedBytes(): number {
    return this.#wal.storedBytes;
  }

  /** Whether the log is being rewritten, or how the last rewrite ended. */
  get rewriteState(): "busy" | "ok" | "failed" {
    if (this.#rewriting !== undefined) return "busy";
    return this.#rewriteError === undefined ? "ok" : "failed";
  }

  /** The value of `key`, which may not be on disk yet. */
  get(key: string): Buffer | undefined {
    if (this.expiresAt(key) <= this.now()) this.#forget(key);
    return this.#values.get(key);
  }

  /** When `key` expires, in ms of the wall clock; Infinity if it never does. */
  expiresAt(key: string): number {
    return this.#expiries.get(key) ?? Infinity;
  }

  /** Gives `key` a copy of `value`, until `expiresAt`. */
  set(key: string, value: Buffer, expiresAt: number = Infinity): void {
    // The log comes first: if it throws, nothing is changed.
    this.#log(SET, key, expiresAt, value);
    this.#put(key, value, expiresAt);
  }

  /** Removes the value of `key`; returns whether there was one. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    this.#log(DELETE, key, 0);
    this.#forget(key);
    return true;
  }

  /** Lets the value of `key` expire; returns whether there is one. */
  expire(key: string, expiresAt: number): boolean {
    if (expiresAt <= this.now()) return this.delete(key);
    if (this.get(key) === undefined) return false;
    this.#log(EXPIRE, key, expiresAt);
    this.#expiries.set(key, expiresAt);
    return true;
  }

  /** Resolves once all changes so far are on disk. */
  async settled(): Promise<void> {
    if (this.#lastLsn > this.#wal.lastLsn) throw dropped();
    if (this.#lastLsn > 0) await this.#wal.settled(this.#lastLsn, "disk");
  }

  /**
   * Replaces the log's records with a snapshot of the values, in the
   * background. Returns false if that is being done already.
   */
  rewrite(): boolean {
    if (this.#rewriting !== undefined) return false;
    // If it fails, it is tried again once as much has been added.
    this.#bytesSinceRewrite = 0;
    this.#rewriting = this.#wal.checkpoint(() => this.#snapshot())
      .then(({ bytes }) => {
        this.#snapshotBytes = bytes;
        this.#rewriteError = undefined;
      })
      .catch((error) => {
        this.#rewriteError = error;
        if (error instanceof LogClosedError) return;
        this.#warn(`The log was not rewritten: ${error}`);
      })
      .finally(() => this.#rewriting = undefined);
    return true;
  }

  /** Flushes what is queued, and closes the log. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#wal.close();
    await this.#rewriting;
  }

  /**
   * All values, as records that set them, each preceded by its length. Values
   * change in the meantime: each is that of some instant since the rewrite
   * began. Records since then are replayed after the snapshot, and correct that.
   */
  async *#snapshot(): AsyncGenerator<Uint8Array> {
    let pieces: Buffer[] = [];
    let bytes = 0;
    for (const [key, value] of this.#values) {
      const expiresAt = this.expiresAt(key);
      if (expiresAt <= this.now()) {
        // Nothing may prolong what the snapshot does not have.
        this.#forget(key);
        continue;
      }
      const head = this.#encodeHead(SET, key, expiresAt);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(head.length + value.length);
      // Copies, because the originals change.
      pieces.push(length, Buffer.from(head), Buffer.from(value));
      bytes += 4 + head.length + value.length;
      if (bytes < PIECE_BYTES) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      bytes = 0;
    }
    yield Buffer.concat(pieces);
    // The snapshot must not be on disk before the records that it shows.
    await this.settled();
  }

  async #restore(): Promise<void> {
    const from = await this.#wal.restore((snapshot) => this.#load(snapshot));
    for await (const { records } of this.#wal.readBatches({ from })) {
      for (const record of records) {
        this.#replay(record);
        this.#bytesSinceRewrite += record.length;
      }
    }
  }

  async #load(snapshot: Snapshot): Promise<void> {
    this.#snapshotBytes = snapshot.size;
    let rest = Buffer.alloc(0);
    for await (const piece of snapshot) {
      rest = Buffer.concat([rest, piece]);
      let at = 0;
      while (rest.length >= at + 4) {
        const end = at + 4 + rest.readUInt32LE(at);
        if (end > rest.length) break;
        this.#replay(rest.subarray(at + 4, end));
        at = end;
      }
      rest = rest.subarray(at);
    }
  }

  #log(kind: number, key: string, expiresAt: number, value?: Buffer): void {
    const head = this.#encodeHead(kind, key, expiresAt);
    // Both are copied into the log's buffer before this returns.
    const lsn = this.#wal.enqueue(value ? [head, value] : head);
    if (lsn <= this.#lastLsn) throw dropped();
    this.#lastLsn = lsn;
    this.#bytesSinceRewrite += head.length + (value?.length ?? 0);
    const limit = Math.max(this.#rewriteBytes, this.#snapshotBytes);
    if (this.#bytesSinceRewrite >= limit) this.rewrite();
  }

  /** What a record has before the value; valid until the next call. */
  #encodeHead(kind: number, key: string, expiresAt: number): Buffer {
    const bytes = HEAD_BYTES + key.length;
    if (bytes > this.#head.length) this.#head = Buffer.alloc(bytes);
    this.#head[0] = kind;
    this.#head.writeUInt32LE(key.length, 1);
    this.#head.writeDoubleLE(expiresAt, 5);
    this.#head.write(key, HEAD_BYTES, "latin1");
    return this.#head.subarray(0, bytes);
  }

  /** What has expired in the meantime stays: a later record may prolong it. */
  #replay({ buffer, byteOffset, length }: Uint8Array): void {
    const record = Buffer.from(buffer as ArrayBuffer, byteOffset, length);
    const valueAt = HEAD_BYTES + record.readUInt32LE(1);
    const expiresAt = record.readDoubleLE(5);
    const key = record.toString("latin1", HEAD_BYTES, valueAt);
    const kind = record[0];
    if (kind === SET) this.#put(key, record.subarray(valueAt), expiresAt);
    else if (kind === DELETE) this.#forget(key);
    else if (this.#values.has(key)) this.#expiries.set(key, expiresAt);
  }

  /**
   * A value of the same length goes into the old one's memory: values that are
   * replaced all the time would keep the garbage collector busy.
   */
  #put(key: string, value: Uint8Array, expiresAt: number): void {
    const old = this.#values.get(key);
    if (old?.length === value.length) old.set(value);
    else this.#values.set(key, Buffer.from(value));
    if (expiresAt < Infinity) this.#expiries.set(key, expiresAt);
    else this.#expiries.delete(key);
  }

  #forget(key: string): void {
    this.#values.delete(key);
    this.#expiries.delete(key);
  }

  /** Forgets keys that have expired and that nobody asks for. */
  #sweep(): void {
    const now = this.now();
    for (let left = SWEPT_KEYS; left > 0; left--) {
      const { done, value } = this.#unswept.next();
      if (done) {
        this.#unswept = this.#expiries.entries();
        return;
      }
      if (value[1] <= now) this.#forget(value[0]);
    }
  }
}

/** A full disk makes the log drop what it could not write, and reuse its LSNs. */
function dropped(): Error {
  return new Error(
    "Cannot go on because the disk was full: values in memory are not in the log",
  );
}
