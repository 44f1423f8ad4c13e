import { ActiveSegment } from "./active_segment.ts";
import { FencedError } from "./fenced_error.ts";
import { encodeFrame, frameBytes, type FrameHeader } from "./format/frame.ts";
import { compareSegments, type SegmentName } from "./format/segment_name.ts";
import { isPromise } from "./_is_promise.ts";
import type { FrameDraft, FrameLog, RecordBatch } from "./frame_log.ts";
import { readSegments } from "./read_segments.ts";
import { SegmentSupply, type SegmentSupplyOptions } from "./segment_supply.ts";
import type { MaybePromise, Storage, StorageLock } from "./storage.ts";
import { writeAll } from "./write_all.ts";

/** Where a log goes on after it was recovered. */
export interface SegmentLogState {
  /** The segments, in order. */
  segments: SegmentName[];
  /** Segments that a fenced owner made; they are no part of the log. */
  fenced: SegmentName[];
  /** LSN of the last record, 0 if there is none. */
  lastLsn: number;
  /** Checksum of the last frame, 0 if there is none. */
  checksum: number;
  /** This opening's number, above that of every segment. */
  epoch: number;
}

/**
 * A frame log in segment files. Made by `openSegments` of the recovery, which
 * establishes the state; the first append makes a new segment.
 */
export class SegmentLog implements FrameLog {
  readonly #storage: Storage;
  readonly #lock: StorageLock;
  readonly #epoch: number;
  readonly #segmentBytes: number;
  readonly #supply: SegmentSupply;
  readonly #segments: SegmentName[];
  #fenced: SegmentName[];
  #active: ActiveSegment | undefined;
  #lastLsn: number;
  #syncedLsn: number;
  #checksum: number;

  /** Continues at `state`, all of which is durable. */
  constructor(
    storage: Storage,
    lock: StorageLock,
    state: SegmentLogState,
    options: SegmentSupplyOptions,
  ) {
    const { epoch } = state;
    this.#storage = storage;
    this.#lock = lock;
    this.#epoch = epoch;
    this.#supply = new SegmentSupply(storage, lock, epoch, options);
    this.#segments = [...state.segments];
    this.#fenced = [...state.fenced];
    this.#lastLsn = state.lastLsn;
    this.#syncedLsn = state.lastLsn;
    this.#checksum = state.checksum;
    this.#segmentBytes = options.segmentBytes;
  }

  /** LSN of the last record written. */
  get lastLsn(): number {
    return this.#lastLsn;
  }

  /** LSN of the oldest record kept. */
  get firstLsn(): number {
    return this.#segments[0]?.firstLsn ?? this.#lastLsn + 1;
  }

  /** Writes one frame, in a new segment if the active one has no room. */
  append(frame: FrameDraft): MaybePromise<void> {
    const active = this.#active;
    if (active !== undefined && this.#hasRoom(active, frame)) {
      return this.#write(active, frame);
    }
    return this.#rotate(frame.firstLsn).then((made) =>
      this.#write(made, frame)
    );
  }

  /** Syncs the active segment; those before are synced already. */
  sync(): MaybePromise<void> {
    const covered = this.#lastLsn;
    if (this.#active === undefined) return;
    const syncing = this.#active.file.datasync();
    if (isPromise(syncing)) {
      return syncing.then(() => {
        this.#syncedLsn = covered;
      });
    }
    this.#syncedLsn = covered;
  }

  /** Asks the lock. */
  checkOwner(): MaybePromise<void> {
    const held = this.#lock.held();
    if (isPromise(held)) {
      return held.then((held) => this.#refuseUnless(held));
    }
    this.#refuseUnless(held);
  }

  /** Reads through handles of its own, so it may overlap with appends. */
  read(from: number, to: number): AsyncGenerator<RecordBatch> {
    return readSegments(this.#storage, [...this.#segments], from, to);
  }

  /**
   * Removes the segments that hold nothing from `lsn` on, oldest first. What is
   * left of them is always a log: a fenced segment goes before the one whose
   * epoch fences it, else it would come back to life. Who was overtaken removes
   * nothing of the new owner's.
   */
  async truncateBefore(lsn: number): Promise<void> {
    const kept = this.#segments.findLastIndex(({ firstLsn }) =>
      firstLsn <= lsn
    );
    if (kept <= 0) return;
    const oldest = this.#segments[kept];
    const isGone = (fenced: SegmentName) => compareSegments(fenced, oldest) < 0;
    for (const { name } of this.#fenced.filter(isGone)) {
      await this.checkOwner();
      await this.#storage.remove(name);
    }
    this.#fenced = this.#fenced.filter((fenced) => !isGone(fenced));
    await this.#storage.syncDirectory();
    while (this.#segments[0] !== oldest) {
      await this.checkOwner();
      const { name } = this.#segments[0];
      const isKept = await this.#supply.recycle(name);
      if (!isKept) await this.#storage.remove(name);
      this.#segments.shift();
    }
    await this.#storage.syncDirectory();
  }

  /** Marks the end as synced if `clean`; frees the file and the lock. */
  async close(clean: boolean): Promise<void> {
    const active = this.#active;
    try {
      if (clean && active !== undefined) {
        await this.#markEnd(active);
        await active.trim();
      }
    } finally {
      this.#active = undefined;
      try {
        await this.#supply.close();
        await active?.file.close();
      } finally {
        await this.#lock.release();
      }
    }
  }

  /** A prepared segment is gone over to as soon as there is one. */
  #hasRoom(active: ActiveSegment, frame: FrameDraft): boolean {
    const limit = this.#supply.isReady
      ? active.preparedBytes
      : this.#segmentBytes;
    return limit > 0 && active.fits(frameBytes(frame.length), limit);
  }

  #write(active: ActiveSegment, frame: FrameDraft): MaybePromise<void> {
    const header: FrameHeader = {
      salt: active.salt,
      previous: this.#checksum,
      firstLsn: frame.firstLsn,
      syncedLsn: this.#syncedLsn,
      count: frame.count,
      length: frame.length,
    };
    const checksum = encodeFrame(frame.buffer, header);
    const end = frameBytes(frame.length);
    const writing = writeAll(
      active.file,
      frame.buffer.subarray(0, end),
      active.offset,
    );
    const done = () => {
      active.advance(end);
      if (frame.count > 0) this.#supply.prepare(active.successorShare);
      if (frame.count > 0) this.#checksum = checksum;
      this.#lastLsn = frame.firstLsn + frame.count - 1;
    };
    return isPromise(writing) ? writing.then(done) : done();
  }

  /** The segment before is synced first: only the last one may be torn. */
  async #rotate(firstLsn: number): Promise<ActiveSegment> {
    const full = this.#active;
    if (full !== undefined) {
      if (this.#syncedLsn < this.#lastLsn) await this.sync();
      await full.trim();
      this.#active = undefined;
      await full.file.close();
    }
    const made = await this.#supply.next(firstLsn, this.#checksum);
    const { name, epoch } = made;
    this.#segments.push({ name, firstLsn, epoch });
    this.#active = new ActiveSegment(made);
    return this.#active;
  }

  /** An empty frame that declares all before it synced. */
  async #markEnd(active: ActiveSegment): Promise<void> {
    if (this.#syncedLsn < this.#lastLsn) await this.sync();
    await this.checkOwner();
    await this.#write(active, {
      firstLsn: this.#lastLsn + 1,
      count: 0,
      buffer: new Uint8Array(frameBytes(0)),
      length: 0,
    });
    await this.sync();
  }

  #refuseUnless(held: boolean): void {
    if (!held) throw new FencedError(this.#storage.location, this.#epoch);
  }
}
