import { invariant } from "../../invariant.ts";
import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  frameBytes,
  KIND,
  MAX_FRAME_TIME,
} from "../format/frame.ts";
import type { Manifest } from "../format/manifest.ts";
import { encodeIndex, indexBytes } from "../format/segment_index.ts";
import { FencedError, type FrameDraft, type FrameLog } from "../frame_log.ts";
import {
  isPromise,
  type MaybePromise,
  type Storage,
  type StorageLock,
} from "../storage.ts";
import { isOutOfSpace, StorageFullError } from "../storage_error.ts";
import { Pace, type Turns } from "../turns.ts";
import { ActiveSegment, ZerosAhead } from "./active_segment.ts";
import { removeIfThere, writeManifest } from "./log_files.ts";
import { SegmentReads } from "./read_segments.ts";
import { SegmentList } from "./segment_list.ts";
import type { SegmentLogState } from "./segment_log_state.ts";
import { SegmentLookup } from "./segment_lookup.ts";
import { SegmentSupply, type SegmentSupplyOptions } from "./segment_supply.ts";
import type { SpaceReserve } from "./space_reserve.ts";

/** Options of {@linkcode SegmentLog}. */
export interface SegmentLogOptions extends SegmentSupplyOptions {
  /** Space held in reserve for recovery and checkpoints. */
  reserve: SpaceReserve;
  /** Returns the current time, in ms since 1970. */
  time: () => number;
  /** The turns that long work gives way to. Default: the runtime's. */
  turns?: Turns | undefined;
}

/**
 * A frame log in segment files. `openSegments` in `recovery/` determines the
 * state and creates it; the first append creates a new segment.
 */
export class SegmentLog implements FrameLog {
  readonly #storage: Storage;
  readonly #lock: StorageLock;
  readonly #segmentBytes: number;
  readonly #reserve: SpaceReserve;
  readonly #supply: SegmentSupply;
  readonly #zeros: ZerosAhead | undefined;
  readonly #now: () => number;
  readonly #lookup: SegmentLookup;
  readonly #turns: Turns | undefined;
  readonly #segments: SegmentList;
  #manifest: Manifest;
  #finish: SegmentLogState["finish"];
  #active: ActiveSegment | undefined;
  #lastLsn: number;
  #syncedLsn: number;
  #link: number;
  /** Time of the last frame; never decreases, even if the clock goes back. */
  #time: number;

  /** Continues at `state`. */
  constructor(
    storage: Storage,
    lock: StorageLock,
    state: SegmentLogState,
    options: SegmentLogOptions,
  ) {
    this.#storage = storage;
    this.#lock = lock;
    this.#manifest = state.manifest;
    this.#segmentBytes = options.segmentBytes;
    this.#reserve = options.reserve;
    this.#now = options.time;
    this.#turns = options.turns;
    this.#time = state.manifest.time;
    if (storage.prefersOverwrites) this.#zeros = new ZerosAhead();
    this.#supply = new SegmentSupply(storage, lock, state.manifest, options);
    this.#lookup = new SegmentLookup(storage, {
      log: state.manifest.log,
      firstLsn: () => this.firstLsn,
      scanned: state.scanned,
      turns: options.turns,
    });
    this.#segments = new SegmentList(state, {
      supply: this.#supply,
      lookup: this.#lookup,
      turns: options.turns,
    });
    this.#finish = state.finish;
    this.#lastLsn = state.lastLsn;
    this.#syncedLsn = state.finish ? state.manifest.durableLsn : state.lastLsn;
    this.#link = state.link;
  }

  /** LSN of the last record written. */
  get lastLsn(): number {
    return this.#lastLsn;
  }

  /** LSN of the oldest record kept, or of the next one if there is none. */
  get firstLsn(): number {
    return this.#manifest.firstLsn;
  }

  /** Time of the last frame, in ms since 1970. */
  get time(): number {
    return this.#time;
  }

  /** The directory of the segments. */
  get files(): Storage {
    return this.#storage;
  }

  /** Number of this opening. */
  get epoch(): number {
    return this.#manifest.epoch;
  }

  /** LSN of the last record that is known to survive power loss. */
  get syncedLsn(): number {
    return this.#syncedLsn;
  }

  /** Writes one frame, in a new segment if the active one has no room. */
  append(frame: FrameDraft): MaybePromise<void> {
    const again = (error: unknown) =>
      this.#giveBack(error).then(() => this.#append(frame));
    try {
      const appending = this.#append(frame);
      if (isPromise(appending)) return appending.catch(again);
    } catch (error) {
      return again(error);
    }
  }

  #append(frame: FrameDraft): MaybePromise<void> {
    const active = this.#active;
    // Nothing follows records that are all dropped.
    const hasRoom = !this.#isSpent && active?.fits(frameBytes(frame.length));
    if (active && hasRoom) return this.#write(active, frame);
    const rotating = this.#rotate(frame.firstLsn);
    return rotating.then((made) => this.#write(made, frame));
  }

  /** Syncs the active segment; earlier ones are already synced. */
  sync(): MaybePromise<void> {
    if (this.#finish !== undefined) return this.#finishRecovery();
    const covered = this.#lastLsn;
    if (this.#active === undefined) return;
    const syncing = this.#active.file.datasync();
    const done = () => {
      this.#syncedLsn = covered;
    };
    return isPromise(syncing) ? syncing.then(done) : done();
  }

  /** Checks the lock. */
  checkOwner(): MaybePromise<void> {
    const held = this.#lock.held();
    if (!isPromise(held)) return this.#refuseUnless(held);
    return held.then((held) => this.#refuseUnless(held));
  }

  /** Reads through separate handles, so it may overlap with appends. */
  read(from: number, to: number): SegmentReads {
    return new SegmentReads(this.#storage, this.#segments.all, {
      log: this.#manifest.log,
      from,
      to,
      firstLsn: () => this.firstLsn,
      lookup: this.#lookup,
    }, new Pace(this.#turns));
  }

  /**
   * Drops the records below `lsn`: marks `lsn` in the manifest, then removes
   * the segments that hold nothing else. Whichever of them a crash leaves, the
   * next opening removes.
   *
   * The owner is checked once the mark is durable. If it still owns the log,
   * any taker will find the mark, and so misses nothing that is removed;
   * otherwise nothing is removed. If a removal fails, the records are dropped
   * all the same, and the next call tries again.
   */
  async truncateBefore(lsn: number): Promise<void> {
    if (lsn > this.firstLsn) {
      await this.checkOwner();
      const durableLsn = Math.max(this.#syncedLsn, this.#manifest.durableLsn);
      await this.#writeManifest({ firstLsn: lsn, durableLsn });
    }
    await this.checkOwner();
    await this.#removeFenced();
    await this.#segments.alone(() => this.#removeDropped());
    await this.#storage.syncDirectory();
    await this.#reserve.refill();
  }

  /**
   * Releases the file and the lock; with `clean`, first seals the end and notes
   * it in the manifest. If no space is left for that, the log is just as safe,
   * but the next opening would mistake the loss of its last frame for a torn
   * tail.
   */
  async close(clean: boolean): Promise<void> {
    const active = this.#active;
    try {
      if (clean && this.#finish === undefined) await this.#closeCleanly(active);
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
    } finally {
      this.#active = undefined;
      try {
        await this.#supply.giveBack();
        await active?.file.close();
      } finally {
        await this.#lookup.close();
        await this.#lock.release();
      }
    }
  }

  #write(
    active: ActiveSegment,
    frame: FrameDraft,
    kind: number = KIND.records,
  ): MaybePromise<void> {
    const now = Math.floor(this.#now());
    if (now > this.#time && now <= MAX_FRAME_TIME) this.#time = now;
    const checksum = encodeFrame(frame.buffer, {
      salt: active.salt,
      previous: this.#link,
      firstLsn: frame.firstLsn,
      syncedLsn: this.#syncedLsn,
      count: frame.count,
      length: frame.length,
      time: this.#time,
      kind,
    });
    invariant(frame.firstLsn === this.#lastLsn + 1, "a gap between frames");
    const bytes = frameBytes(frame.length);
    const done = () => {
      active.advance(bytes, frame.firstLsn);
      if (kind !== KIND.records) return;
      this.#link = checksum;
      this.#lastLsn = frame.firstLsn + frame.count - 1;
    };
    const whole = frame.buffer.subarray(0, bytes);
    const writing = kind === KIND.records
      ? active.write(whole)
      : active.writeAlone(whole); // Nothing follows a seal.
    return isPromise(writing) ? writing.then(done) : done();
  }

  /** Syncs the previous segment first: only the last one may be torn. */
  async #rotate(firstLsn: number): Promise<ActiveSegment> {
    const full = this.#active;
    if (this.#finish !== undefined) await this.#finishRecovery();
    if (full?.isEmpty || full && this.#isSpent) await this.#abandon(full);
    else if (full !== undefined) await this.#seal(full);
    const made = await this.#supply.next(firstLsn, this.#link);
    const { name, epoch } = made;
    this.#segments.push({ name, firstLsn, epoch });
    this.#active = new ActiveSegment(made, this.#segmentBytes, this.#zeros);
    this.#lookup.know(this.#active);
    return this.#active;
  }

  /** Whether all written records are dropped. */
  get #isSpent(): boolean {
    return this.firstLsn > this.#lastLsn;
  }

  /** Ends a segment: syncs it, adds a seal with the index, and trims it. */
  async #seal(full: ActiveSegment): Promise<void> {
    if (this.#syncedLsn < this.#lastLsn) await this.sync();
    invariant(this.#syncedLsn === this.#lastLsn, "a seal over unsynced frames");
    try {
      await this.#writeSeal(full);
    } catch (error) {
      // The index only helps readers: do without it if no space is left.
      if (!isOutOfSpace(error)) throw error;
    }
    await full.trim();
    // Nobody needs the seal, but a finished file should be durable.
    await full.file.datasync();
    this.#active = undefined;
    await full.file.close();
  }

  /** Removes the active segment, which holds no records that are kept. */
  async #abandon(active: ActiveSegment): Promise<void> {
    this.#active = undefined;
    await active.file.close();
    await this.checkOwner();
    const { name, isEmpty } = active;
    // No mark excludes an empty one: a crash must not bring it back changed.
    if (isEmpty) await removeIfThere(this.#storage, name);
    await this.#segments.remove(name);
    // Nor one of this epoch that is the last: its old name must be gone first.
    await this.#storage.syncDirectory();
    await this.#removeDropped();
  }

  /** Writes a seal, which declares all before it synced, with the index. */
  async #writeSeal(active: ActiveSegment): Promise<void> {
    const { entries } = active.index;
    const length = indexBytes(entries.length);
    const buffer = new Uint8Array(frameBytes(length));
    const index = encodeIndex(entries, buffer.length);
    buffer.set(index, FRAME_HEADER_BYTES);
    const seal = { firstLsn: this.#lastLsn + 1, count: 0, buffer, length };
    await this.#write(active, seal, KIND.seal);
  }

  async #closeCleanly(active: ActiveSegment | undefined): Promise<void> {
    if (this.#syncedLsn < this.#lastLsn) await this.sync();
    await this.checkOwner();
    if (active !== undefined && !this.#isSpent) {
      await this.#writeSeal(active);
      await active.file.datasync();
      await active.trim();
    }
    const durableLsn = this.#lastLsn;
    const link = this.#link;
    await this.#writeManifest({ durableLsn, link, closed: true });
    await this.checkOwner();
    this.#active = undefined;
    await this.#removeDropped();
    await this.#reserve.refill();
  }

  /** Called before those that fence them go: they would count otherwise. */
  async #removeFenced(): Promise<void> {
    const isAny = await this.#segments.removeFenced(this.firstLsn);
    if (isAny) await this.#storage.syncDirectory();
  }

  /** Removes segments that end below the oldest record kept. */
  #removeDropped(): Promise<void> {
    const isSpent = this.#isSpent && this.#active === undefined;
    return this.#segments.removeDropped(this.firstLsn, isSpent);
  }

  /** Makes durable what recovery could not, unless all of it is dropped. */
  #finishRecovery(): Promise<void> {
    // It must not read segments that a checkpoint is removing.
    return this.#segments.alone(() => this.#finishAlone());
  }

  async #finishAlone(): Promise<void> {
    if (!this.#isSpent) {
      const finish = () => this.#finish!([...this.#segments.all]);
      const { segments, link } = await finish()
        .catch((error) => this.#giveBack(error).then(finish));
      await this.#segments.replace(segments);
      this.#link = link;
    }
    this.#syncedLsn = this.#lastLsn;
    this.#finish = undefined;
    await this.#removeDropped();
  }

  /** If no space is left, frees what is kept for reuse; else throws. */
  async #giveBack(error: unknown): Promise<void> {
    const isFull = error instanceof StorageFullError;
    if (!isFull || !await this.#supply.giveBack()) throw error;
  }

  async #writeManifest(change: Partial<Manifest>): Promise<void> {
    const manifest = { ...this.#manifest, ...change, time: this.#time };
    await this.#reserve.spend(() => writeManifest(this.#storage, manifest));
    this.#manifest = manifest;
  }

  #refuseUnless(held: boolean): void {
    if (held) return;
    const { location } = this.#storage;
    const { epoch } = this.#manifest;
    throw new FencedError(location, epoch, this.#lock.whyLost?.());
  }
}
