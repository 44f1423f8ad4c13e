import type { ArchivedSegment, ArchiveHook } from "../../mod.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
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
