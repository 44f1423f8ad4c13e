import { invariant } from "../../invariant.ts";
import { frameBytes } from "../format/frame.ts";
import { CutHistory } from "../format/cuts.ts";
import { type LogMeta, newerMeta } from "../format/log_meta.ts";
import type { FrameDraft, FrameLog, SealedSegment } from "../frame_log.ts";
import {
  isPromise,
  type MaybePromise,
  type Storage,
  type StorageLock,
} from "../storage.ts";
import { isOutOfSpace } from "../storage_error.ts";
import { Pace } from "../turns.ts";
import { ActiveSegment, type OpenSegment } from "./active_segment.ts";
import { BlockingLog, type LogParts } from "./blocking_log.ts";
import { createCut, findCut } from "./cut_back.ts";
import type { Fill } from "./log_files.ts";
import { LogOwner } from "./log_owner.ts";
import { SegmentReads } from "./read_segments.ts";
import { listSealed } from "./sealed_segments.ts";
import { SegmentList } from "./segment_list.ts";
import type {
  SegmentLogOptions,
  SegmentLogState,
} from "./segment_log_state.ts";
import { SegmentLookup } from "./segment_lookup.ts";
import { unlessFull, WrittenEnd } from "./written_end.ts";
import { SegmentSupply, type SuppliedSegment } from "./segment_supply.ts";
import type { ThreadedCommits } from "./threaded_commits.ts";
import { ZerosAhead } from "./zeros_ahead.ts";

/**
 * A frame log in segment files. `openSegments` in `recovery/` determines the
 * state and creates it; the first append creates a new segment.
 */
export class SegmentLog implements FrameLog {
  readonly files: Storage;
  readonly #owner: LogOwner;
  readonly #options: SegmentLogOptions;
  readonly #supply: SegmentSupply;
  readonly #zeros: ZerosAhead | undefined;
  readonly #lookup: SegmentLookup;
  readonly #segments: SegmentList;
  readonly #cuts = new CutHistory();
  #finish: SegmentLogState["finish"];
  #active: ActiveSegment | undefined;
  /** Whether another segment is about to become the active one. */
  #isChanging = false;
  readonly #end: WrittenEnd;
  #thread: ThreadedCommits | undefined;
  readonly #parts: LogParts;

  /** Continues at `state`. */
  constructor(
    storage: Storage,
    lock: StorageLock,
    state: SegmentLogState,
    options: SegmentLogOptions,
  ) {
    this.files = storage;
    this.#options = options;
    this.#end = new WrittenEnd(state, options.time);
    this.#owner = new LogOwner(storage, lock, state, {
      reserve: options.reserve,
      known: () => this.#end,
    });
    if (storage.prefersOverwrites) this.#zeros = new ZerosAhead();
    this.#supply = new SegmentSupply(storage, this.#owner, options);
    const { turns } = options;
    this.#lookup = new SegmentLookup(storage, {
      ...{ log: state.manifest.log, scanned: state.scanned, turns },
      firstLsn: () => this.firstLsn,
    });
    const [supply, lookup] = [this.#supply, this.#lookup];
    this.#segments = new SegmentList(state, { supply, lookup, turns });
    this.#finish = state.finish;
    this.#parts = {
      ...{ storage, owner: this.#owner, end: this.#end, supply },
      active: () => this.#isSpent ? undefined : this.#active,
      adopt: (made) => this.#adopt(made),
      isChanging: () => this.#isChanging || this.#finish !== undefined,
      endThread: () => this.#thread?.stop().catch(() => {}),
    };
  }

  get lastLsn(): number {
    return this.#end.lastLsn;
  }

  get firstLsn(): number {
    return this.#owner.manifest.firstLsn;
  }

  /** The log's metadata, as of the last frame or manifest written. */
  get meta(): LogMeta | undefined {
    return this.#end.meta;
  }

  get segmentCount(): number {
    return this.#segments.all.length;
  }

  get storedBytes(): number {
    return this.#segments.bytes + (this.#active?.bytes ?? 0);
  }

  /** The segments up to record `from` or beyond that no longer change. */
  sealedSegments(from: number): SealedSegment[] {
    return listSealed(this.files, this.#segments, from, {
      ...{ owner: this.#owner, lastLsn: this.lastLsn },
      ...{ active: this.#active, finish: this.#finish },
      turns: this.#options.turns,
    });
  }

  get time(): number {
    return this.#end.time;
  }

  get epoch(): number {
    return this.#owner.epoch;
  }

  get syncedLsn(): number {
    return this.#end.syncedLsn;
  }

  /** Writes one frame, in a new segment if the active one has no room. */
  append(frame: FrameDraft): MaybePromise<void> {
    const again = (error: unknown) =>
      this.#supply.makeRoom(error).then(() => this.#append(frame));
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
    if (active && hasRoom) return this.#end.write(active, frame);
    this.#isChanging = true;
    const rotating = this.#rotate(frame.firstLsn)
      .finally(() => this.#isChanging = false);
    return rotating.then((made) => this.#end.write(made, frame));
  }

  /** Goes on `lost` records later, around a hole; durable once it resolves. */
  async skip(lost: number): Promise<void> {
    await this.#rotate(this.lastLsn + 1, this.#end.hole(lost));
    this.#end.skipped(lost);
  }

  /** Syncs the active segment; earlier ones are already synced. */
  sync(): MaybePromise<void> {
    if (this.#finish !== undefined) return this.#finishRecovery();
    if (this.#active === undefined) return;
    const done = this.#end.beginSync();
    const syncing = this.#active.file.datasync();
    return isPromise(syncing) ? syncing.then(done) : done();
  }

  checkOwner(): MaybePromise<void> {
    return this.#owner.check();
  }

  /** Reads through separate handles, so it may overlap with appends. */
  read(from: number, to: number): SegmentReads {
    const { count } = this.#cuts;
    return new SegmentReads(this.files, this.#segments.all, {
      ...{ log: this.#owner.log, from, to },
      firstLsn: () => this.firstLsn,
      lastLsn: () => this.#cuts.lowestSince(count),
      lookup: this.#lookup,
    }, new Pace(this.#options.turns));
  }

  /**
   * Drops the records below `lsn`: marks `lsn` in the manifest, then removes
   * the segments that hold nothing else; what a crash or a failure leaves, the
   * next opening or call removes. The owner is checked once the mark is durable:
   * if it still owns the log, any taker will find the mark, and so misses
   * nothing that is removed; otherwise nothing is removed.
   */
  async truncateBefore(lsn: number): Promise<void> {
    if (lsn > this.firstLsn) {
      await this.checkOwner();
      await this.#owner.write(({ durableLsn, meta }) => ({
        firstLsn: lsn,
        durableLsn: Math.max(this.syncedLsn, durableLsn),
        // Its segment goes with the last record.
        meta: lsn > this.lastLsn ? newerMeta(meta, this.meta) : meta,
      }));
    }
    await this.checkOwner();
    // Before those that fence them go: they would count otherwise.
    const isRemoved = await this.#segments.removeFenced(this.firstLsn);
    if (isRemoved) await this.files.syncDirectory();
    await this.#segments.alone(() => this.#removeDropped());
    await this.files.syncDirectory();
    await this.#options.reserve.refill();
  }

  /**
   * Drops the records after `lsn`, in a new epoch of the same owner: announces
   * in its manifest where a segment will begin that ends all before it, and
   * creates that segment, which makes the cut true: before, nothing has changed.
   * Then the files are removed that hold only dropped records.
   */
  truncateAfter(lsn: number): Promise<void> {
    return this.#segments.alone(() => this.#cutBack(lsn));
  }

  /** The calls that block, if the storage does. */
  get blocking(): BlockingLog | undefined {
    if (!this.files.isBlocking) return undefined;
    return new BlockingLog(this.#parts);
  }

  /** The thread that commits frames, while there is one. */
  get thread(): ThreadedCommits | undefined {
    return this.#thread?.isRunning ? this.#thread : undefined;
  }

  readonly startThread: FrameLog["startThread"] = async (...how) => {
    const { ThreadedCommits } = await import("./threaded_commits.ts");
    const parts = { ...this.#parts, log: this };
    this.#thread = await ThreadedCommits.start(parts, ...how);
  };

  /** Writes down that all is synced that is, if no frame says so yet. */
  markSynced(): MaybePromise<void> {
    const active = this.#active;
    if (active === undefined || this.#end.isDeclared || this.#isSpent) return;
    return this.#end.mark(active);
  }

  /** Replaces the metadata; once it resolves, it is durable. */
  async setMeta(meta: LogMeta): Promise<void> {
    await this.#owner.setMeta(meta);
    this.#end.putMeta(meta);
  }

  /**
   * Releases the file and the lock; with `clean`, first seals the end and notes
   * it in the manifest. Without space for that, the log is just as safe, but the
   * next opening would mistake the loss of its last frame for a torn tail.
   */
  async close(clean: boolean): Promise<void> {
    const active = this.#active;
    try {
      await this.#thread?.stop();
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
        await this.#owner.lock.release();
      }
    }
  }

  /** Syncs the previous segment first: only the last one may be torn. */
  async #rotate(firstLsn: number, fill?: Fill): Promise<ActiveSegment> {
    const full = this.#active;
    if (this.#finish !== undefined) await this.#finishRecovery();
    if (full?.isEmpty || full && this.#isSpent) await this.#abandon(full);
    else if (full !== undefined) await this.#seal(full);
    // An opening looks for metadata in the last segment only.
    const { meta } = this.#owner.manifest;
    if (newerMeta(meta, this.#end.syncedMeta) !== meta) {
      await this.#owner.write();
    }
    return this.#adopt(await this.#supply.next(firstLsn, this.#end.link, fill));
  }

  #adopt(made: SuppliedSegment): ActiveSegment {
    this.#segments.push(made);
    return this.#activate(made);
  }

  #activate(made: OpenSegment): ActiveSegment {
    const { segmentBytes } = this.#options;
    this.#active = new ActiveSegment(made, segmentBytes, this.#zeros);
    this.#lookup.know(this.#active);
    return this.#active;
  }

  /** Whether the segments hold dropped records, and no others. */
  get #isSpent(): boolean {
    if (this.firstLsn <= this.lastLsn) return false;
    return !this.#active?.isEmpty ||
      this.#segments.all.at(-1)?.firstLsn !== this.firstLsn;
  }

  /** Ends a segment: syncs it, adds a seal with the index, and trims it. */
  async #seal(full: ActiveSegment): Promise<void> {
    if (!this.#end.isSynced) await this.sync();
    invariant(this.#end.isSynced, "a seal over unsynced frames");
    await unlessFull(() => this.#end.seal(full));
    await full.trim();
    // Nobody needs the seal, but a finished file should be durable.
    await full.file.datasync();
    await this.#retire(full);
  }

  /** Nothing more is written to a segment; its size is final. */
  #retire({ name, bytes, file }: ActiveSegment): MaybePromise<void> {
    this.#segments.setBytes(name, bytes);
    this.#active = undefined;
    return file.close();
  }

  /** Removes the active segment, which holds no records that are kept. */
  async #abandon(active: ActiveSegment): Promise<void> {
    this.#active = undefined;
    await active.file.close();
    await this.checkOwner();
    await this.#segments.remove(active.name);
    // No mark excludes it: its old name must not come back once it is reused.
    await this.files.syncDirectory();
    await this.#removeDropped();
  }

  async #closeCleanly(active: ActiveSegment | undefined): Promise<void> {
    if (!this.#end.isSynced) await this.sync();
    await this.checkOwner();
    if (active !== undefined && !this.#isSpent) {
      await this.#end.seal(active);
      await active.file.datasync();
      await active.trim();
    }
    const { lastLsn: durableLsn, link } = this.#end;
    await this.#owner.write(() => ({ durableLsn, link, closed: true }));
    await this.checkOwner();
    this.#active = undefined;
    await this.#removeDropped();
    await this.#options.reserve.refill();
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
        .catch((error) => this.#supply.makeRoom(error).then(finish));
      await this.#segments.replace(segments);
      this.#end.recovered(link);
    } else this.#end.recovered();
    this.#finish = undefined;
    await this.#removeDropped();
  }

  async #cutBack(lsn: number): Promise<void> {
    if (lsn >= this.lastLsn) return;
    if (this.#finish !== undefined) await this.#finishAlone();
    if (!this.#end.isSynced) await this.sync();
    await this.checkOwner();
    const { log, epoch: before } = this.#owner;
    const place = await findCut({
      ...{ storage: this.files, segments: this.#segments.all, log },
      ...{ firstLsn: this.firstLsn, lookup: this.#lookup },
      pace: new Pace(this.#options.turns),
    }, lsn);
    const former = this.#active;
    const made = await createCut(this.files, this.#owner, place, {
      lastLsn: this.lastLsn,
      supply: this.#supply,
    }).finally(() => {
      // In a new epoch, nothing more may be written to a segment of the old one.
      if (former && this.#owner.epoch > before) return this.#retire(former);
    });
    this.#end.cutBack(lsn, made.link);
    this.#cuts.add(lsn);
    this.#segments.cutBack(made);
    this.#activate(made);
    await this.checkOwner();
    await this.#removeDropped();
    await this.files.syncDirectory();
  }
}
