import {
  type CreatedSegment,
  createSegment,
  removeIfThere,
  removeQuietly,
} from "./log_files.ts";
import { formatSpareName } from "../format/file_names.ts";
import type { Storage, StorageLock } from "../storage.ts";

/** A segment to write to. */
export interface SuppliedSegment extends CreatedSegment {
  /** Bytes that its file had before; 0 if it grows with each frame. */
  readonly preparedBytes: number;
}

/** Whose segments they are. */
export interface SegmentOwner {
  /** The log's id. */
  readonly log: string;
  /** Number of the opening. */
  readonly epoch: number;
}

/** A file that is to become a segment. */
interface Spare {
  readonly name: string;
  readonly bytes: number;
}

/** One that is not yet as long as it is to be. */
interface Draft extends Spare {
  readonly filled: number;
}

/** Bytes of the first segment that is prepared. */
const FIRST_BYTES = 1024 * 1024;

/** How much larger each is than the one before. */
const GROWTH = 2;

/** Zeros that are written and synced at once: so long other syncs may wait. */
const STEP_BYTES = 1024 * 1024;

/** How many old segments are kept to be used again. */
const MOST_OLD = 2;

/** Options of {@linkcode SegmentSupply}. */
export interface SegmentSupplyOptions {
  /** Size beyond which a segment is not grown, in bytes. */
  segmentBytes: number;
}

/**
 * Makes segments, and has files for them ahead of need: a sync of bytes that
 * overwrite others has no change of the file's size to journal, which makes a
 * small one cheaper by a fifth to a half: the two floors of docs/performance.md.
 *
 * The files are segments that a checkpoint has dropped; nothing of them is
 * believed, as each frame bears its segment's salt. Or they are zeros, written
 * in the background: few at first, so that a log that is hardly used stays
 * small, and in step with the log's own frames, as zeros written all at once
 * make every sync wait that comes meanwhile.
 *
 * Source: PostgreSQL uses old segments again; etcd and Pebble prepare new ones.
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

  /** Prepares nothing yet. */
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

  /** Whether a file lies ready. */
  get isReady(): boolean {
    return this.#spares.length > 0;
  }

  /** Goes on preparing a file if less than `share` is; gives up at a failure. */
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
   * Takes a segment that is no part of the log any more, for certain: to be
   * used again if it fits and nobody else has a link to it, else to be removed.
   */
  async take(segment: string): Promise<void> {
    const name = this.#nextName();
    const isReused = await this.#canReuse(segment) > 0 &&
      await this.#rename(segment, name);
    if (!isReused) return await removeIfThere(this.#storage, segment);
    // A crash may bring the old name back; it is no part of the log even then.
    // A backup may have linked it up to now; not under this name.
    const bytes = await this.#canReuse(name);
    if (bytes > 0) this.#spares.push({ name, bytes });
    else await removeIfThere(this.#storage, name);
  }

  /** Makes the next segment, of a file that lies ready if there is one. */
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

  /** Removes what was kept ready; says whether that was anything. */
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

  /** The bytes of a file that can be used again; 0 if it cannot. */
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
      return 0; // It need not be opened to be removed.
    }
  }

  /** Says whether it could be renamed: without space it can still be removed. */
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
