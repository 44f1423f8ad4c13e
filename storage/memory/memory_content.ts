import type { Choose } from "../../random.ts";

/** The parameters of the fault model; see memory_storage.ts. */
export interface FaultModel {
  readonly fileSystem: "posix" | "ext4";
  readonly sectorBytes: 512 | 4096;
}

interface Write {
  /** Its number among the writes to this file, from 1. */
  readonly number: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Readers see a failed write, but no sync covers it, as on Linux. */
  readonly state: "pending" | "failed" | "synced";
  /** Present if it cuts the file at `offset` instead of writing there. */
  readonly cuts?: true;
}

/** Minimum bytes of synced writes before they are merged into the base. */
const MERGE_BYTES = 64 * 1024;

/** The bytes of a file: those that are certain, and the writes since. */
export class MemoryContent {
  /** What survives any crash, without the synced writes in `#writes`. */
  #base: Uint8Array;
  #writes: Write[] = [];
  #count = 0;
  /** The bytes that a reader sees, with room to grow. */
  #seen: Uint8Array;
  /** Whether `#seen` belongs to something else, too, and must not be changed. */
  #isShared = true;
  #size: number;

  /** Takes durable bytes that must not be changed any more. */
  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.#base = bytes;
    this.#seen = bytes;
    this.#size = bytes.length;
  }

  /** The bytes that a reader sees; copy them to keep them. */
  get bytes(): Uint8Array {
    return this.#seen.subarray(0, this.#size);
  }

  /** Number of writes so far. */
  get writes(): number {
    return this.#count;
  }

  /** Writes a copy of `bytes`, which may be empty. */
  write(bytes: Uint8Array, offset: number): void {
    if (bytes.length === 0) return;
    const copy = bytes.slice();
    const number = ++this.#count;
    this.#writes.push({ number, offset, bytes: copy, state: "pending" });
    this.#size = Math.max(this.#size, offset + copy.length);
    if (this.#size > this.#seen.length) {
      this.#seen = resize(this.#seen, Math.max(this.#size, 2 * offset));
      this.#isShared = false;
    }
    this.#unshare();
    this.#seen.set(copy, offset);
  }

  /** Cuts the file to its first `size` bytes. */
  truncate(size: number): void {
    const bytes = new Uint8Array();
    const number = ++this.#count;
    const cut = { number, offset: size, bytes, cuts: true } as const;
    this.#writes.push({ ...cut, state: "pending" });
    this.#unshare();
    this.#seen.fill(0, size);
    this.#size = size;
  }

  /** Makes pending writes up to a number certain; returns whether it grew. */
  sync(number: number): boolean {
    const before = this.#certainSize;
    this.#judge(number, "synced");
    const hasGrown = this.#certainSize > before;
    const all = this.#writes.every(({ state }) => state === "synced");
    const bytes = this.#writes.reduce(
      (sum, { bytes }) => sum + bytes.length,
      0,
    );
    if (all && bytes >= Math.max(MERGE_BYTES, this.#base.length)) {
      this.#base = this.bytes.slice();
      this.#writes = [];
    }
    return hasGrown;
  }

  /** Pending writes stay visible, but no later sync covers them. */
  failSync(number: number): void {
    this.#judge(number, "failed");
  }

  /**
   * An independent copy; its last write lacks `missingBytes` at the end. Bytes
   * are copied once one of both changes.
   */
  copy(missingBytes = 0): MemoryContent {
    const copy = new MemoryContent(this.#base);
    if (missingBytes === 0) {
      // What both share is never changed.
      copy.#writes = this.#writes.slice();
      copy.#count = this.#count;
      copy.#seen = this.#seen;
      copy.#size = this.#size;
      this.#isShared = true;
      return copy;
    }
    for (const { number, offset, bytes, state, cuts } of this.#writes) {
      const missing = number === this.#count ? missingBytes : 0;
      if (cuts) copy.truncate(offset);
      else copy.write(bytes.subarray(0, bytes.length - missing), offset);
      copy.#judge(copy.#count, state);
    }
    return copy;
  }

  /** What power loss leaves; `stale` was on the device before. */
  survive(
    choose: Choose,
    { fileSystem, sectorBytes }: FaultModel,
    stale: Uint8Array,
  ): Uint8Array {
    if (this.#writes.length === 0) return this.#base;
    const kept = this.#writes.flatMap((write) =>
      write.state === "synced" ? [write] : surviving(write, sectorBytes, choose)
    );
    const certainSize = this.#certainSize;
    let size = reach(kept, this.#base.length);
    let filler = new Uint8Array();
    if (fileSystem === "posix" && certainSize < this.#size) {
      const fate = choose(3);
      if (fate > 0) size = this.#size;
      if (fate === 2) filler = stale.slice(0, size);
    }
    const ends = kept.map(({ offset, bytes }) => offset + bytes.length);
    const room = Math.max(size, this.#base.length, ...ends);
    const bytes = resize(this.#base, room);
    bytes.set(filler.subarray(certainSize), Math.min(certainSize, size));
    for (const { offset, bytes: written, cuts } of kept) {
      if (cuts) bytes.fill(0, offset);
      else bytes.set(written, offset);
    }
    return bytes.slice(0, size);
  }

  /** Stops sharing the bytes that a reader sees. */
  #unshare(): void {
    if (!this.#isShared) return;
    this.#seen = this.#seen.slice();
    this.#isShared = false;
  }

  get #certainSize(): number {
    const certain = this.#writes.filter(({ state }) => state === "synced");
    return reach(certain, this.#base.length);
  }

  #judge(number: number, state: Write["state"]): void {
    this.#writes = this.#writes.map((write) =>
      write.state === "pending" && write.number <= number
        ? { ...write, state }
        : write
    );
  }
}

type Extent = Pick<Write, "offset" | "bytes" | "cuts">;

/** A write is lost, kept or torn; sector by sector if it has several. */
function surviving(
  write: Extent,
  sectorBytes: number,
  choose: Choose,
): Extent[] {
  if (write.cuts) return choose(2) === 0 ? [] : [write];
  const sectors = split(write, sectorBytes);
  if (sectors.length === 1) return survivingSector(write, choose);
  const fate = choose(3);
  if (fate === 0) return [];
  if (fate === 1) return [write];
  return sectors.flatMap((sector) => survivingSector(sector, choose));
}

/** The new bytes of a sector are lost, kept, or half garbled. */
function survivingSector(sector: Extent, choose: Choose): Extent[] {
  const fate = choose(3);
  if (fate === 0) return [];
  if (fate === 1) return [sector];
  const half = sector.bytes.length >> 1;
  const bytes = sector.bytes.map((byte, at) => at < half ? byte : byte ^ 0xa5);
  return [{ offset: sector.offset, bytes }];
}

function split({ offset, bytes }: Extent, sectorBytes: number): Extent[] {
  const sectors: Extent[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + sectorBytes - (offset + at) % sectorBytes;
    sectors.push({ offset: offset + at, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return sectors;
}

function reach(extents: readonly Extent[], least: number): number {
  return extents.reduce(
    (end, { offset, bytes, cuts }) =>
      cuts ? Math.min(end, offset) : Math.max(end, offset + bytes.length),
    least,
  );
}

function resize(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}
