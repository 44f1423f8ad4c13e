import { newerMeta } from "../format/log_meta.ts";
import type { BlockingCalls, FrameDraft } from "../frame_log.ts";
import { requireDone, type Storage } from "../storage.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { LogOwner } from "./log_owner.ts";
import type { SegmentSupply, SuppliedSegment } from "./segment_supply.ts";
import type { WrittenEnd } from "./written_end.ts";

/** The parts of a log that other ways to write to it use. */
export interface LogParts {
  readonly storage: Storage;
  readonly owner: LogOwner;
  readonly supply: SegmentSupply;
  readonly end: WrittenEnd;
  /** The segment that frames go to; absent if a new one has to be made. */
  active(): ActiveSegment | undefined;
  /** Goes on with a segment that was just made. */
  adopt(made: SuppliedSegment): ActiveSegment;
  /** Ends the thread, if there is one, without waiting for it. */
  endThread(): unknown;
  /** Whether a call is in progress that changes what the segments are. */
  isChanging(): boolean;
}

/**
 * A log's calls without a turn of the event loop, for a process that exits. No
 * segment is sealed: the last one grows beyond its size instead.
 */
export class BlockingLog implements BlockingCalls {
  readonly #parts: LogParts;

  /** Works on a storage whose calls block. */
  constructor(parts: LogParts) {
    this.#parts = parts;
  }

  /** Why nothing can be written or synced at this moment; absent if it can. */
  refusal(): string | undefined {
    const { active, end, isChanging, owner } = this.#parts;
    if (isChanging()) return "the segments are being changed";
    if (active() !== undefined) return undefined;
    const { meta } = owner.manifest;
    // An opening looks for metadata in the last segment only.
    if (newerMeta(meta, end.syncedMeta) === meta) return undefined;
    return "the metadata must be written to the manifest first";
  }

  /** Writes one frame, unless that is refused. */
  append(frame: FrameDraft): void {
    const { active, end } = this.#parts;
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
    const { active, owner, endThread } = this.#parts;
    endThread();
    try {
      requireDone(active()?.file.close());
    } finally {
      requireDone(owner.lock.release());
    }
  }

  #create(firstLsn: number): ActiveSegment {
    const { supply, end, adopt } = this.#parts;
    this.checkOwner();
    return adopt(supply.nextNow(firstLsn, end.link));
  }
}
