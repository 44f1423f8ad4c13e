import type { ArchivedSegment, ArchiveHook } from "../../mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals } from "./assert.ts";

/** An archive in memory, which can be told to fail. */
export class MemoryArchive {
  /** The bytes of each segment by its name. */
  readonly segments: Map<string, Uint8Array<ArrayBuffer>> = new Map();
  /** The LSNs of each call that was not told to fail, as `first-last`. */
  readonly calls: string[] = [];
  /** How many of the next calls fail. */
  failures = 0;
  /** What each call waits for before it ends. */
  gate: Promise<void> | undefined;
  /** Number of calls that have begun and not ended. */
  running = 0;
  /** LSNs of all records that it has. */
  readonly #lsns = new Set<number>();

  /** The hook to open a log with. */
  readonly hook: ArchiveHook = async (segment) => {
    assertEquals(this.running, 0, "two calls at once");
    this.running++;
    try {
      await this.#take(segment);
    } finally {
      this.running--;
    }
  };

  /** Whether it has record `lsn`. */
  has(lsn: number): boolean {
    return this.#lsns.has(lsn);
  }

  /** Requires that it has all records below `firstLsn`. */
  requireDropped(firstLsn: number): void {
    for (let lsn = 1; lsn < firstLsn; lsn++) {
      assert(this.has(lsn), `record ${lsn} was dropped, and is not archived`);
    }
  }

  /** Opens a log that is made of nothing but what is archived. */
  async restore(): Promise<Wal> {
    const storage = new MemoryStorage();
    for (const [name, bytes] of this.segments) storage.put(name, bytes);
    return await Wal.open(storage, { recovery: "salvage", warn() {} });
  }

  async #take(segment: ArchivedSegment): Promise<void> {
    const { name, firstLsn, lastLsn, bytes, signal } = segment;
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of segment) pieces.push(piece);
    const content = await new Blob(pieces).arrayBuffer();
    assertEquals(content.byteLength, bytes);
    if (this.gate !== undefined) await this.gate;
    signal.throwIfAborted();
    if (this.failures-- > 0) throw new Error("the archive is full");
    this.failures = 0;
    this.segments.set(name, new Uint8Array(content));
    this.calls.push(`${firstLsn}-${lastLsn}`);
    for (let lsn = firstLsn; lsn <= lastLsn; lsn++) this.#lsns.add(lsn);
  }
}

/** A log in memory, with an archive. */
export class ArchivedLog {
  /** Where it is. */
  readonly storage: MemoryStorage;
  /** Its time. */
  readonly clock: VirtualClock = new VirtualClock();
  /** Where its segments go. */
  readonly archive: MemoryArchive;
  /** What it has warned of. */
  readonly warnings: string[] = [];
  /** The log, once it is open. */
  wal!: Wal;

  /** A log that is not open yet. */
  constructor(archive = new MemoryArchive(), storage = new MemoryStorage()) {
    this.archive = archive;
    this.storage = storage;
  }

  /** Opens the log; three records of the default size fill a segment. */
  async open(options: WalOptions = {}): Promise<Wal> {
    // Virtual time does not wait for what is loaded.
    await this.clock.run(Promise.resolve());
    this.wal = await Wal.open(this.storage, {
      clock: this.clock,
      segmentBytes: 4096,
      archive: this.archive.hook,
      warn: (message) => this.warnings.push(message),
      ...options,
    });
    return this.wal;
  }

  /** Appends records whose text begins with their LSN. */
  async append(count: number, bytes = 1000): Promise<void> {
    for (let nth = 0; nth < count; nth++) {
      const lsn = this.wal.lastLsn + 1;
      await this.clock.run(this.wal.append(`${lsn}`.padEnd(bytes, "-")));
    }
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.clock.run(this.wal.close());
  }
}

/** The same, open. */
export async function openArchived(
  options: WalOptions = {},
): Promise<ArchivedLog> {
  const log = new ArchivedLog();
  await log.open(options);
  return log;
}
