import { newerMeta } from "../format/log_meta.ts";
import type { BlockingCalls, FrameDraft } from "../frame_log.ts";
import { requireDone, type Storage } from "../storage.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { LogOwner } from "./log_owner.ts";
import type { SegmentSupply, SuppliedSegment } from "./segment_supply.ts";
import type { WrittenEnd } from "./written_end.ts";

/** The parts of a log that calls which block use. */
export interface BlockingParts {
  readonly storage: Storage;
  readonly owner: LogOwner;
  readonly supply: SegmentSupply;
  readonly end: WrittenEnd;
  /** The segment that frames go to; absent if a new one has to be made. */
  active(): ActiveSegment | undefined;
  /** Goes on with a segment that was just made. */
  adopt(made: SuppliedSegment): ActiveSegment;
  /** Whether a call is in progress that changes what the segments are. */
  isChanging(): boolean;
}

/**
 * A log's calls without a turn of the event loop, for a process that exits. No
 * segment is sealed: the last one grows beyond its size instead.
 */
export class BlockingLog implements BlockingCalls {
  readonly #parts: BlockingParts;

  /** Works on a storage whose calls block. */
  constructor(parts: BlockingParts) {
    this.#parts = parts;
  }

  /** Writes one frame. */
  append(frame: FrameDraft): void {
    const { active, end, isChanging } = this.#parts;
    if (isChanging()) {
      throw this.#refusal("its segments are being changed at this moment");
    }
    const target = active() ?? this.#create(frame.firstLsn);
    requireDone(end.write(target, frame));
  }

  /** Syncs all that is written. */
  sync(): void {
    const active = this.#parts.active();
    if (active === undefined) return;
    const done = this.#parts.end.beginSync();
    active.file.datasyncSync!();
    done();
  }

  /** Checks the lock. */
  checkOwner(): void {
    requireDone(this.#parts.owner.check());
  }

  /** Releases the file and the lock, and marks no end. */
  release(): void {
    const { active, owner } = this.#parts;
    try {
      requireDone(active()?.file.close());
    } finally {
      requireDone(owner.lock.release());
    }
  }

  #create(firstLsn: number): ActiveSegment {
    const { owner, supply, end, adopt } = this.#parts;
    const { meta } = owner.manifest;
    // An opening looks for metadata in the last segment only.
    if (newerMeta(meta, end.syncedMeta) !== meta) {
      throw this.#refusal("its metadata must be written to the manifest first");
    }
    this.checkOwner();
    return adopt(supply.nextNow(firstLsn, end.link));
  }

  #refusal(reason: string): Error {
    const { location } = this.#parts.storage;
    return new Error(
      `Cannot write to "${location}" without waiting because ${reason}: ` +
        "await flush() instead",
    );
  }
}
