import { invariant } from "../../invariant.ts";
import {
  encodeFrame,
  encodeHole,
  FRAME_HEADER_BYTES,
  frameBytes,
  type FrameHeader,
  KIND,
  makeFrame,
  MAX_FRAME_TIME,
  META_FLAG,
} from "../format/frame.ts";
import { type LogMeta, newerMeta } from "../format/log_meta.ts";
import { encodeIndex, indexBytes } from "../format/segment_index.ts";
import type { FrameDraft } from "../frame_log.ts";
import { isPromise, type MaybePromise, writeAll } from "../storage.ts";
import { isOutOfSpace } from "../storage_error.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { Fill } from "./log_files.ts";
import type { SegmentLogState } from "./segment_log_state.ts";

/** Bytes of a mark, which has no content. */
const MARK_BYTES = frameBytes(0);

/**
 * The end of a log: writes frames there, and knows how far they are synced, and
 * what on storage says so.
 */
export class WrittenEnd {
  #lastLsn: number;
  #syncedLsn: number;
  /** The highest LSN that a frame or the manifest declares synced. */
  #declaredLsn: number;
  #link: number;
  /** Time of the last frame; never decreases, even if the clock goes back. */
  #time: number;
  #meta: LogMeta | undefined;
  #syncedMeta: LogMeta | undefined;
  readonly #now: () => number;

  /** Continues where recovery found the end; `now` is in ms since 1970. */
  constructor(state: SegmentLogState, now: () => number) {
    const { manifest, lastLsn, link, meta, finish } = state;
    this.#now = now;
    this.#lastLsn = lastLsn;
    this.#syncedLsn = finish ? manifest.durableLsn : lastLsn;
    this.#declaredLsn = manifest.durableLsn;
    this.#link = link;
    this.#time = manifest.time;
    this.#meta = meta;
    this.#syncedMeta = finish ? manifest.meta : meta;
  }

  /** LSN of the last record written. */
  get lastLsn(): number {
    return this.#lastLsn;
  }

  /** LSN of the last record that is known to survive power loss. */
  get syncedLsn(): number {
    return this.#syncedLsn;
  }

  /** Whether all is synced. */
  get isSynced(): boolean {
    return this.#syncedLsn === this.#lastLsn;
  }

  /** Whether something on storage says how far all is synced. */
  get isDeclared(): boolean {
    return this.#declaredLsn >= this.#syncedLsn;
  }

  /** Checksum that the next frame must name. */
  get link(): number {
    return this.#link;
  }

  /** Time of the last frame. */
  get time(): number {
    return this.#time;
  }

  /** The metadata last written. */
  get meta(): LogMeta | undefined {
    return this.#meta;
  }

  /** The metadata last synced. */
  get syncedMeta(): LogMeta | undefined {
    return this.#syncedMeta;
  }

  /** Writes a frame of records. */
  write(active: ActiveSegment, frame: FrameDraft): MaybePromise<void> {
    return this.#put(active, frame, KIND.records);
  }

  /** Writes a seal, which declares all before it synced, with the index. */
  seal(active: ActiveSegment): MaybePromise<void> {
    const { entries } = active.index;
    const length = indexBytes(entries.length);
    const buffer = new Uint8Array(frameBytes(length));
    const index = encodeIndex(entries, buffer.length);
    buffer.set(index, FRAME_HEADER_BYTES);
    const firstLsn = this.#lastLsn + 1;
    return this.#put(active, { firstLsn, count: 0, buffer, length }, KIND.seal);
  }

  /** Writes a mark, which only says what is synced, if there is room. */
  mark(active: ActiveSegment): MaybePromise<void> {
    if (!active.fits(MARK_BYTES)) return;
    const buffer = new Uint8Array(MARK_BYTES);
    const mark = { firstLsn: this.#lastLsn + 1, count: 0, buffer, length: 0 };
    return unlessFull(() => this.#put(active, mark, KIND.mark));
  }

  /**
   * Writes a hole of `lost` records. It declares itself synced, so a new segment
   * must begin with it, which is synced before it has its name.
   */
  hole(lost: number): Fill {
    return async (file, offset, salt) => {
      const previous = this.#link;
      const firstLsn = this.#lastLsn + 1;
      const syncedLsn = this.#lastLsn + lost;
      const { bytes } = makeFrame(encodeHole({ resumes: previous, lost }), {
        ...{ salt, previous, firstLsn, syncedLsn, count: 0 },
        ...{ time: this.#advanceTime(), kind: KIND.hole },
      });
      await writeAll(file, bytes, offset);
      return offset + bytes.length;
    };
  }

  /** That hole is durable. */
  skipped(lost: number): void {
    this.#lastLsn += lost;
    this.#syncedLsn = this.#declaredLsn = this.#lastLsn;
  }

  #advanceTime(): number {
    const now = Math.floor(this.#now());
    if (now > this.#time && now <= MAX_FRAME_TIME) this.#time = now;
    return this.#time;
  }

  /** The header of a frame that is written next. */
  headerOf(
    { salt }: ActiveSegment,
    { firstLsn, count, length, meta }: FrameDraft,
    kind: number = KIND.records,
  ): FrameHeader {
    const time = this.#advanceTime();
    invariant(firstLsn === this.#lastLsn + 1, "a gap between frames");
    return {
      salt,
      previous: this.#link,
      firstLsn,
      syncedLsn: this.#syncedLsn,
      count,
      length,
      time,
      kind,
      flags: meta === undefined ? 0 : META_FLAG,
    };
  }

  /** A frame is written, with that header and that checksum. */
  written(
    active: ActiveSegment,
    { meta }: FrameDraft,
    { firstLsn, count, length, syncedLsn, kind }: FrameHeader,
    checksum: number,
  ): void {
    active.advance(frameBytes(length), firstLsn);
    this.#declaredLsn = syncedLsn;
    if (kind !== KIND.records) return;
    this.#link = checksum;
    this.#lastLsn = firstLsn + count - 1;
    if (meta !== undefined) this.#meta = newerMeta(this.#meta, meta);
  }

  #put(
    active: ActiveSegment,
    frame: FrameDraft,
    kind: number,
  ): MaybePromise<void> {
    const header = this.headerOf(active, frame, kind);
    const checksum = encodeFrame(frame.buffer, header);
    const done = () => this.written(active, frame, header, checksum);
    const whole = frame.buffer.subarray(0, frameBytes(frame.length));
    // Nothing follows a seal, and little follows a mark soon.
    const writing = kind === KIND.records
      ? active.write(whole)
      : active.writeAlone(whole);
    return isPromise(writing) ? writing.then(done) : done();
  }

  /** A sync begins; returns what to call once it is done. */
  beginSync(): () => void {
    const lsn = this.#lastLsn;
    const meta = this.#meta;
    return () => {
      // A call that blocks may have synced more meanwhile.
      this.#syncedLsn = Math.max(this.#syncedLsn, lsn);
      if (meta === this.#syncedMeta) return;
      this.#syncedMeta = newerMeta(this.#syncedMeta, meta);
    };
  }

  /** Recovery has made all durable; the next frame names `link`. */
  recovered(link: number = this.#link): void {
    this.#link = link;
    this.beginSync()();
  }

  /** The log was cut back to `lsn`; the next frame names `link`. */
  cutBack(lsn: number, link: number): void {
    this.#lastLsn = this.#syncedLsn = lsn;
    this.#declaredLsn = Math.min(this.#declaredLsn, lsn);
    this.#link = link;
  }

  /** Metadata goes to the manifest, which makes it durable. */
  putMeta(meta: LogMeta): void {
    this.#meta = newerMeta(this.#meta, meta);
    this.#syncedMeta = newerMeta(this.#syncedMeta, meta);
  }
}

/** Does what only helps readers, and can be left out if there is no space. */
export function unlessFull(
  act: () => MaybePromise<void>,
): MaybePromise<void> {
  const failed = (error: unknown) => {
    if (!isOutOfSpace(error)) throw error;
  };
  try {
    const acting = act();
    if (isPromise(acting)) return acting.catch(failed);
  } catch (error) {
    failed(error);
  }
}
