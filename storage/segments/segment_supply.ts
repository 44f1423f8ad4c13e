import { formatSpareName, parseSegmentName } from "../format/file_names.ts";
import type { Storage, StorageLock } from "../storage.ts";
import { StorageFullError } from "../storage_error.ts";
import {
  type CreatedSegment,
  createSegment,
  createSegmentNow,
  type Fill,
  removeIfThere,
  removeQuietly,
} from "./log_files.ts";

/** A segment that frames can be written to. */
export interface SuppliedSegment extends CreatedSegment {
  /** Size of its file in bytes: more than `offset` if it was used before. */
  readonly bytes: number;
}

/** The owner of new segments. */
export interface SegmentOwner {
  /** The log's id. */
  readonly log: string;
  /** Number of the opening. */
  readonly epoch: number;
}

/** A dropped segment that becomes the next one. */
interface Spare {
  readonly name: string;
  readonly bytes: number;
}

/** Maximum number of dropped segments kept for reuse. */
const MOST_SPARES = 2;

/** Options of {@linkcode SegmentSupply}. */
export interface SegmentSupplyOptions {
  /** Size beyond which a segment does not grow, in bytes. */
  segmentBytes: number;
}

/**
 * Creates segments, from dropped ones if possible: frames then overwrite other
 * bytes, which makes their syncs cheaper. The old frames do not count, because
 * each frame has its segment's salt.
 *
 * Source: PostgreSQL reuses old segments.
 */
export class SegmentSupply {
  readonly #storage: Storage;
  readonly #owner: SegmentOwner & { readonly lock: StorageLock };
  readonly #segmentBytes: number;
  /** The epoch of this opening, before any cut. */
  readonly #firstEpoch: number;
  readonly #spares: Spare[] = [];
  #names = 0;

  /** Creates an empty supply for an owner, whose lock may be renewed. */
  constructor(
    storage: Storage,
    owner: SegmentOwner & { readonly lock: StorageLock },
    { segmentBytes }: SegmentSupplyOptions,
  ) {
    this.#storage = storage;
    this.#owner = owner;
    this.#segmentBytes = segmentBytes;
    this.#firstEpoch = owner.epoch;
  }

  /**
   * Takes a segment that is durably no longer part of the log. Keeps it for
   * reuse if this opening made it, it is not too large and has no other link;
   * otherwise removes it.
   */
  async take(segment: string): Promise<void> {
    const name = formatSpareName(this.#names++, this.#owner.epoch);
    const isReused = this.#isOwn(segment) &&
      await this.#canReuse(segment) > 0 &&
      await this.#rename(segment, name);
    if (!isReused) return await removeIfThere(this.#storage, segment);
    // A crash may bring the old name back; even then it does not count.
    // A backup may have linked the old name until now, but not this one.
    const bytes = await this.#canReuse(name);
    if (bytes > 0) this.#spares.push({ name, bytes });
    else await removeIfThere(this.#storage, name);
  }

  /** Creates the next segment, from a dropped one if there is one. */
  async next(
    firstLsn: number,
    previous: number,
    fill?: Fill,
  ): Promise<SuppliedSegment> {
    const spare = this.#spares.shift();
    const { log, epoch, lock } = this.#owner;
    const created = await createSegment(this.#storage, lock, {
      log,
      epoch,
      firstLsn,
      previous,
      ...(spare !== undefined && { reused: spare.name }),
      ...(fill !== undefined && { fill }),
    });
    return { ...created, bytes: spare?.bytes ?? created.offset };
  }

  /** Creates the next segment from nothing, on a storage whose calls block. */
  nextNow(firstLsn: number, previous: number): SuppliedSegment {
    const { log, epoch } = this.#owner;
    const segment = { log, epoch, firstLsn, previous };
    const created = createSegmentNow(this.#storage, segment);
    return { ...created, bytes: created.offset };
  }

  /** If no space is left, frees what is kept for reuse; else throws. */
  async makeRoom(error: unknown): Promise<void> {
    const isFull = error instanceof StorageFullError;
    if (!isFull || !await this.giveBack()) throw error;
  }

  /** Removes all files kept for reuse; resolves with whether there were any. */
  async giveBack(): Promise<boolean> {
    const spares = this.#spares.splice(0);
    for (const { name } of spares) await removeQuietly(this.#storage, name);
    return spares.length > 0;
  }

  /**
   * Whether this opening made it. A displaced owner may still have an older one
   * open, and write to it once more before it notices.
   */
  #isOwn(segment: string): boolean {
    return parseSegmentName(segment)!.epoch >= this.#firstEpoch;
  }

  /** The size of a file if it can be reused, otherwise 0. */
  async #canReuse(name: string): Promise<number> {
    if (!this.#storage.prefersOverwrites) return 0;
    if (this.#spares.length >= MOST_SPARES) return 0;
    try {
      const file = await this.#storage.open(name, "read");
      try {
        const bytes = await file.size();
        const links = await file.links?.() ?? Infinity;
        return bytes <= this.#segmentBytes && links === 1 ? bytes : 0;
      } finally {
        await file.close();
      }
    } catch {
      return 0; // It can still be removed.
    }
  }

  /** Returns whether the rename worked; it may fail if no space is left. */
  async #rename(segment: string, name: string): Promise<boolean> {
    try {
      await this.#storage.rename(segment, name);
      return true;
    } catch {
      return false;
    }
  }
}
