import { formatSpareName } from "../format/file_names.ts";
import type { Storage, StorageLock } from "../storage.ts";
import {
  type CreatedSegment,
  createSegment,
  removeIfThere,
  removeQuietly,
} from "./log_files.ts";

/** A segment that frames can be written to. */
export interface SuppliedSegment extends CreatedSegment {
  /** Bytes of the prepared file; 0 if the file grows with each frame. */
  readonly preparedBytes: number;
}

/** The owner of new segments. */
export interface SegmentOwner {
  /** The log's id. */
  readonly log: string;
  /** Number of the opening. */
  readonly epoch: number;
}

/** A file that will become a segment. */
interface Spare {
  readonly name: string;
  readonly bytes: number;
}

/** A spare file that has not reached its full length. */
interface Draft extends Spare {
  readonly filled: number;
}

/** Bytes of the first prepared segment. */
const FIRST_BYTES = 1024 * 1024;

/** Growth factor from one prepared segment to the next. */
const GROWTH = 2;

/** Bytes of zeros written and synced at a time: other syncs wait for them. */
const STEP_BYTES = 1024 * 1024;

/** Maximum number of old segments kept for reuse. */
const MOST_OLD = 2;

/** Options of {@linkcode SegmentSupply}. */
export interface SegmentSupplyOptions {
  /** Size beyond which a segment does not grow, in bytes. */
  segmentBytes: number;
}

/**
 * Creates segments, and prepares files for them ahead of need. If bytes only
 * overwrite others, a sync has no change of the file's size to journal, which
 * makes a small sync cheaper by a fifth to a half: compare the two floors in
 * docs/performance.md.
 *
 * The files are segments that a checkpoint has dropped; their old frames do not
 * count, because each frame has its segment's salt. Or they are zeros, written
 * in the background: few at first, so that a little-used log stays small, and
 * in step with the log's frames, because writing many zeros at once would delay
 * every sync in the meantime.
 *
 * Source: PostgreSQL reuses old segments; etcd and Pebble prepare new ones.
 */
export class SegmentSupply {
  readonly #storage: Storage;
  readonly #lock: StorageLock;
  readonly #owner: SegmentOwner;
  readonly #segmentBytes: number;
  readonly #spares: Spare[] = [];
  #names = 0;
  #bytes: number;
  #draft: Draft | undefined;
  #step: Promise<void> | undefined;
  #hasGivenUp = false;

  /** Creates an empty supply; prepares nothing yet. */
  constructor(
    storage: Storage,
    lock: StorageLock,
    owner: SegmentOwner,
    { segmentBytes }: SegmentSupplyOptions,
  ) {
    this.#storage = storage;
    this.#lock = lock;
    this.#owner = owner;
    this.#segmentBytes = segmentBytes;
    this.#bytes = Math.min(FIRST_BYTES, segmentBytes);
  }

  /** Whether a file is ready. */
  get isReady(): boolean {
    return this.#spares.length > 0;
  }

  /** Prepares a file further, up to `share`; gives up after a failure. */
  prepare(share: number): void {
    if (this.isReady || this.#step || this.#hasGivenUp || share === 0) return;
    if (this.#storage.allocate === undefined) return;
    this.#draft ??= this.#begin();
    const { name, bytes, filled } = this.#draft;
    if (filled >= share * bytes) return;
    const to = Math.min(filled + STEP_BYTES, bytes);
    this.#step = this.#storage.allocate(name, filled, to)
      .then(() => this.#filled(to), () => this.#giveUp())
      .finally(() => this.#step = undefined);
  }

  /**
   * Takes a segment that is durably no longer part of the log. Keeps it for
   * reuse if its size fits and it has no other link; otherwise removes it.
   */
  async take(segment: string): Promise<void> {
    const name = this.#nextName();
    const isReused = await this.#canReuse(segment) > 0 &&
      await this.#rename(segment, name);
    if (!isReused) return await removeIfThere(this.#storage, segment);
    // A crash may bring the old name back; even then it does not count.
    // A backup may have linked the old name until now, but not this one.
    const bytes = await this.#canReuse(name);
    if (bytes > 0) this.#spares.push({ name, bytes });
    else await removeIfThere(this.#storage, name);
  }

  /** Creates the next segment, from a file that is ready if there is one. */
  async next(firstLsn: number, previous: number): Promise<SuppliedSegment> {
    const spare = this.#spares.shift();
    const created = await createSegment(this.#storage, this.#lock, {
      ...this.#owner,
      firstLsn,
      previous,
      ...(spare !== undefined && { prepared: spare.name }),
    });
    return { ...created, preparedBytes: spare?.bytes ?? 0 };
  }

  /** Removes all files kept ready; resolves with whether there were any. */
  async giveBack(): Promise<boolean> {
    await this.#step;
    const files = this.#spares.splice(0);
    if (this.#draft !== undefined) files.push(this.#draft);
    this.#draft = undefined;
    for (const { name } of files) await removeQuietly(this.#storage, name);
    return files.length > 0;
  }

  #begin(): Draft {
    const bytes = this.#bytes;
    this.#bytes = Math.min(bytes * GROWTH, this.#segmentBytes);
    return { name: this.#nextName(), bytes, filled: 0 };
  }

  #filled(to: number): void {
    this.#draft = { ...this.#draft!, filled: to };
    if (to < this.#draft.bytes) return;
    this.#spares.push(this.#draft);
    this.#draft = undefined;
  }

  /** The size of a file if it can be reused, otherwise 0. */
  async #canReuse(name: string): Promise<number> {
    if (this.#storage.allocate === undefined) return 0;
    if (this.#spares.length >= MOST_OLD) return 0;
    try {
      const file = await this.#storage.open(name, "read");
      try {
        const bytes = await file.size();
        const links = await file.links?.() ?? Infinity;
        const isFit = bytes >= this.#bytes / GROWTH &&
          bytes <= this.#segmentBytes;
        return isFit && links === 1 ? bytes : 0;
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

  #nextName(): string {
    return formatSpareName(this.#names++, this.#owner.epoch);
  }

  async #giveUp(): Promise<void> {
    const { name } = this.#draft!;
    this.#hasGivenUp = true;
    this.#draft = undefined;
    await removeQuietly(this.#storage, name);
  }
}
