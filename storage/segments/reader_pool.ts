import type { SegmentName } from "../format/file_names.ts";
import type { MaybePromise, Storage } from "../storage.ts";
import { Pace, type Turns } from "../turns.ts";
import { SegmentCursor } from "./segment_cursor.ts";
import type { SegmentReader } from "./segment_reader.ts";

/** Memory that a lookup reads to. */
export type Memory = Uint8Array<ArrayBuffer>;

/** Maximum number of segment files that lookups have open. */
const MOST_OPEN = 64;

/** Options of {@linkcode ReaderPool}. */
export interface ReaderPoolOptions {
  /** The log's id. */
  readonly log: string;
  /** LSN of the oldest record kept; may rise. */
  readonly firstLsn: () => number;
  /** Bytes that a lookup reads at once. */
  readonly memoryBytes: number;
  /** How readers give way to others. */
  readonly turns?: Turns | undefined;
  /** Maximum number of open files. Default: 64. */
  readonly mostOpen?: number | undefined;
}

/**
 * Open segment files for lookups: opening one costs more than a lookup. A
 * reader is lent to one lookup at a time, because a file takes one call at a
 * time; when it comes back it waits for the next lookup in its segment.
 */
export class ReaderPool {
  readonly #storage: Storage;
  readonly #log: string;
  readonly #turns: Turns | undefined;
  readonly #firstLsn: () => number;
  readonly #mostOpen: number;
  /** Readers that nobody uses, by segment; the one used last comes last. */
  readonly #idle = new Map<string, SegmentReader[]>();
  readonly #waiting: (() => void)[] = [];
  readonly #memoryBytes: number;
  #memory: Memory | undefined;
  #open = 0;
  #isClosed = false;

  /** A pool for a log. */
  constructor(storage: Storage, options: ReaderPoolOptions) {
    this.#storage = storage;
    this.#log = options.log;
    this.#turns = options.turns;
    this.#firstLsn = options.firstLsn;
    this.#mostOpen = options.mostOpen ?? MOST_OPEN;
    this.#memoryBytes = options.memoryBytes;
  }

  /** Takes a reader that is open and that nobody uses, if there is one. */
  take(segment: string): SegmentReader | undefined {
    const readers = this.#idle.get(segment);
    if (readers === undefined) return undefined;
    const reader = readers.pop();
    if (readers.length === 0) this.#idle.delete(segment);
    return reader;
  }

  /** Opens another reader, once there are few enough. */
  async open(segment: SegmentName): Promise<SegmentReader> {
    while (this.#open >= this.#mostOpen) {
      const oldest = this.#takeOldest();
      if (oldest !== undefined) {
        await closeQuietly(oldest);
        this.#open--;
        break;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      const idle = this.take(segment.name);
      if (idle !== undefined) return idle;
    }
    this.#open++;
    try {
      const { reader } = await SegmentCursor.open(
        this.#storage,
        segment,
        this.#log,
        new Pace(this.#turns),
      );
      return reader;
    } catch (error) {
      this.#hasClosed();
      throw error;
    }
  }

  /** Memory to read into; no more than the file has bytes. */
  takeMemory(reader: SegmentReader): MaybePromise<Memory> {
    const memory = this.#memory;
    this.#memory = undefined;
    if (memory?.length === this.#memoryBytes) return memory;
    const make = (size: number) =>
      new Uint8Array(Math.min(size, this.#memoryBytes));
    const sizing = reader.file.size();
    return typeof sizing === "number" ? make(sizing) : sizing.then(make);
  }

  /**
   * Takes a reader back in which record `lsn` was looked for. Keeps it open if
   * that record is kept; otherwise nobody would forget the segment again.
   */
  giveBack(
    reader: SegmentReader,
    lsn: number,
    memory?: Memory,
  ): MaybePromise<void> {
    this.#memory = memory ?? this.#memory;
    if (this.#isClosed || lsn < this.#firstLsn()) return this.close(reader);
    const readers = this.#idle.get(reader.name) ?? [];
    readers.push(reader);
    // Moves the segment to the end of the order.
    this.#idle.delete(reader.name);
    this.#idle.set(reader.name, readers);
    this.#waiting.shift()?.();
  }

  /** Takes a reader back and closes it. */
  async close(reader: SegmentReader): Promise<void> {
    await closeQuietly(reader);
    this.#hasClosed();
  }

  /** Closes the idle readers of a segment. */
  async forget(segment: string): Promise<void> {
    const readers = this.#idle.get(segment) ?? [];
    this.#idle.delete(segment);
    for (const reader of readers) await this.close(reader);
  }

  /** Closes all readers; those in use when they are given back. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    for (const segment of [...this.#idle.keys()]) await this.forget(segment);
  }

  /** Takes the idle reader used longest ago, if there is one. */
  #takeOldest(): SegmentReader | undefined {
    for (const segment of this.#idle.keys()) return this.take(segment);
    return undefined;
  }

  #hasClosed(): void {
    this.#open--;
    this.#waiting.shift()?.();
  }
}

/** An error from closing a file that was only read is harmless. */
async function closeQuietly(reader: SegmentReader): Promise<void> {
  try {
    await reader.close();
  } catch {
    // Its handle is gone all the same.
  }
}
