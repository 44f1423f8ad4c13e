import { Buffer } from "node:buffer";
import { NodeStorage, Wal } from "../../mod.ts";

const SET = 1;
const DELETE = 2;

/** What a record begins with: its kind, and how long the key is. */
const HEADER_BYTES = 5;

/**
 * Values by key: in memory, with a log of all changes on disk. A key is a
 * string with one unit per byte (Latin-1), so it can be any bytes.
 */
export class Store {
  readonly #wal: Wal;
  readonly #values = new Map<string, Buffer>();
  /** The next record; the log copies it, so one is enough. */
  #record = Buffer.alloc(4096);
  #lastLsn = 0;

  private constructor(wal: Wal) {
    this.#wal = wal;
  }

  /** Opens the log in `directory` and makes its changes again. */
  static async open(directory: string): Promise<Store> {
    // The server waits for the sync in any case, and on another thread it takes
    // longer. What arrives in the meantime shares the next one.
    const storage = new NodeStorage(directory, { io: "blocking" });
    const wal = await Wal.open(storage, { maxQueuedRecords: 1_000_000 });
    const store = new Store(wal);
    for await (const { records } of wal.readBatches()) {
      for (const record of records) store.#replay(record);
    }
    return store;
  }

  /** How many keys have a value. */
  get size(): number {
    return this.#values.size;
  }

  /** The value of `key`, which may not be on disk yet. */
  get(key: string): Buffer | undefined {
    return this.#values.get(key);
  }

  /** Gives `key` a copy of `value`. */
  set(key: string, value: Uint8Array): void {
    // The log comes first: if it throws, nothing is changed.
    this.#log(SET, key, value);
    this.#put(key, value);
  }

  /** Removes the value of `key`; returns whether there was one. */
  delete(key: string): boolean {
    if (!this.#values.has(key)) return false;
    this.#log(DELETE, key);
    return this.#values.delete(key);
  }

  /** Resolves once all changes so far are on disk. */
  async settled(): Promise<void> {
    if (this.#lastLsn > 0) await this.#wal.settled(this.#lastLsn, "disk");
  }

  /** Flushes what is queued, and closes the log. */
  async close(): Promise<void> {
    await this.#wal.close();
  }

  #log(kind: number, key: string, value?: Uint8Array): void {
    const valueAt = HEADER_BYTES + key.length;
    const bytes = valueAt + (value?.length ?? 0);
    if (bytes > this.#record.length) this.#record = Buffer.alloc(bytes * 2);
    const record = this.#record;
    record[0] = kind;
    record.writeUInt32LE(key.length, 1);
    record.write(key, HEADER_BYTES, "latin1");
    if (value !== undefined) record.set(value, valueAt);
    this.#lastLsn = this.#wal.enqueue(record.subarray(0, bytes));
  }

  /**
   * A value of the same length goes into the old one's memory: values that are
   * replaced all the time would keep the garbage collector busy.
   */
  #put(key: string, value: Uint8Array): void {
    const old = this.#values.get(key);
    if (old?.length === value.length) old.set(value);
    else this.#values.set(key, Buffer.from(value));
  }

  #replay({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): void {
    const record = Buffer.from(buffer, byteOffset, length);
    const valueAt = HEADER_BYTES + record.readUInt32LE(1);
    const key = record.toString("latin1", HEADER_BYTES, valueAt);
    if (record[0] === SET) this.#put(key, record.subarray(valueAt));
    else this.#values.delete(key);
  }
}
