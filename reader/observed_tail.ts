import { faultOfEnd } from "../recovery/decide_tail.ts";
import { hasWitness, remainderAt } from "../recovery/scan_tail.ts";
import {
  type Frame,
  isSeal,
  type Manifest,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
} from "../storage/format/mod.ts";
import {
  type FrameIndex,
  IndexBuilder,
  readFully,
  SegmentCursor,
  type SegmentStop,
} from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import type { Pace } from "../storage/turns.ts";

/** Bytes read first where few frames are new, if any. */
const LITTLE_BYTES = 4096;

/** Where the last segment is, and how to read it. */
export interface TailPlace {
  readonly storage: Storage;
  readonly segment: SegmentName;
  readonly manifest: Manifest;
  readonly pace: Pace;
}

/** The last segment of a log, as far as its frames have been followed. */
export class ObservedTail {
  readonly #place: TailPlace;
  readonly #builder = new IndexBuilder(SEGMENT_HEADER_BYTES);
  #cursor: SegmentCursor;
  /** The last frame, of any kind. */
  #last: Pick<Frame, "firstLsn" | "offset" | "checksum" | "kind"> | undefined;
  #syncedLsn = 0;
  #stop: SegmentStop | undefined;
  /** Whether it began at the seal, and so knows no other frames. */
  #isSealOnly = false;

  private constructor(place: TailPlace, cursor: SegmentCursor) {
    this.#place = place;
    this.#cursor = cursor;
  }

  /** Opens a segment, before its first frame or at its seal. */
  static async open(place: TailPlace): Promise<ObservedTail> {
    const cursor = await openCursor(place);
    const tail = new ObservedTail(place, cursor);
    try {
      await tail.#goToSeal();
      return tail;
    } catch (error) {
      await cursor.close();
      throw error;
    }
  }

  /** The segment. */
  get segment(): SegmentName {
    return this.#place.segment;
  }

  /** LSN of the last record that was followed. */
  get lastLsn(): number {
    return this.#cursor.nextLsn - 1;
  }

  /** LSN before its last frame: those are there even if that is withdrawn. */
  get settledLsn(): number {
    return (this.#last?.firstLsn ?? this.#cursor.nextLsn) - 1;
  }

  /** LSN up to which its frames declare all records durable. */
  get syncedLsn(): number {
    return Math.min(this.#syncedLsn, this.lastLsn);
  }

  /** Whether it has a frame, of any kind. */
  get hasFrames(): boolean {
    return this.#last !== undefined;
  }

  /** Whether the last frame seals it. */
  get isSealed(): boolean {
    return this.#last !== undefined && isSeal(this.#last);
  }

  /** Checksum that its first frame names. */
  get previous(): number {
    return this.#cursor.reader.header.previous;
  }

  /** Where it cannot be followed further; `undefined` where it ends. */
  get stop(): SegmentStop | undefined {
    return this.#stop;
  }

  /** Places of its frames; absent if they were not followed. */
  get index(): FrameIndex | undefined {
    return this.#isSealOnly ? undefined : this.#builder.index;
  }

  /**
   * Follows its frames to where they end, or up to record `end - 1`. Calls
   * `onFrames` with those that are new. Rejects with a `StorageError` of code
   * `"ENOENT"` if the segment was dropped.
   */
  async advance(
    end: number,
    onFrames: (path: string, frames: readonly Frame[]) => void = () => {},
  ): Promise<void> {
    // All of a segment that is new here, but little of one that was followed.
    const bytes = this.#last === undefined ? undefined : LITTLE_BYTES;
    const chain = this.#cursor.frames(end, bytes);
    let step = await chain.next();
    for (; !step.done; step = await chain.next()) {
      for (const frame of step.value) this.#pass(frame);
      onFrames(this.#cursor.reader.path, step.value);
    }
    this.#stop = step.value;
  }

  /**
   * Opens the file again by its name, and returns whether it holds what was
   * followed. It does not if the segment was made again, or its last frame was
   * withdrawn because the disk was full.
   */
  async isUnchanged(): Promise<boolean> {
    const cursor = await openCursor(this.#place);
    const before = this.#cursor;
    const { salt, previous } = before.reader.header;
    const { header } = cursor.reader;
    let isSame = header.salt === salt && header.previous === previous;
    try {
      isSame &&= await this.#holdsLast(cursor);
    } finally {
      if (!isSame) await cursor.close();
    }
    if (!isSame) return false;
    cursor.resume(before.place);
    this.#cursor = cursor;
    await before.close();
    return true;
  }

  /**
   * Damage at its end that no crash explains, judged as recovery would. A
   * writer may be at work, so what looks like damage counts only if the same
   * place is damaged at a second look.
   */
  async fault(manifest: Manifest, end: number): Promise<string | undefined> {
    const fault = await this.#judge(manifest);
    if (fault === undefined) return undefined;
    const last = this.#last;
    await this.advance(end);
    return this.#last === last ? fault : undefined;
  }

  /** Where damage at its end is, for an error. */
  get damaged(): { path: string; offset: number } {
    const { path } = this.#cursor.reader;
    return { path, offset: this.#stop?.offset ?? this.#cursor.place.offset };
  }

  /** Closes the file. */
  close(): Promise<void> {
    return this.#cursor.close();
  }

  #pass(frame: Frame): void {
    const { firstLsn, offset, syncedLsn, checksum, kind } = frame;
    if (offset >= this.#builder.dueAt) this.#builder.add(firstLsn, offset);
    this.#syncedLsn = Math.max(this.#syncedLsn, syncedLsn);
    this.#last = { firstLsn, offset, checksum, kind };
  }

  /**
   * Goes to the seal of a segment that was closed or rewritten: what comes
   * before it need not be read, because the manifest says how it ends.
   */
  async #goToSeal(): Promise<void> {
    const { segment, manifest } = this.#place;
    const { closed, durableLsn, epoch, rewriteLsn, baseLsn, link } = manifest;
    const isRewritten = segment.epoch === epoch &&
      segment.firstLsn === rewriteLsn;
    if (segment.revision !== undefined || !(closed || isRewritten)) return;
    const { reader } = this.#cursor;
    const seal = await reader.seal();
    if (seal === undefined) return;
    const { offset, previous, firstLsn: nextLsn } = seal;
    const isClosed = closed && durableLsn === nextLsn - 1 && link === previous;
    if (!isClosed && !(isRewritten && baseLsn === nextLsn - 1)) return;
    const { salt } = reader.header;
    this.#cursor.resume({ salt, previous, nextLsn, link: previous, offset });
    this.#isSealOnly = true;
  }

  async #holdsLast({ reader }: SegmentCursor): Promise<boolean> {
    if (this.#last === undefined) return true;
    const { offset, checksum } = this.#last;
    const { buffer, byteOffset, byteLength } = await readFully(
      reader.file,
      offset,
      8,
    );
    return byteLength === 8 &&
      new DataView(buffer, byteOffset).getUint32(4, true) === checksum;
  }

  async #judge(manifest: Manifest): Promise<string | undefined> {
    const { reader, nextLsn, link, place: { offset } } = this.#cursor;
    const isKnown = this.#stop === undefined;
    const stop = this.#stop ??
      { fault: "end", expected: "", found: "", offset };
    const remainder = isKnown
      ? "nothing"
      : await remainderAt(reader, stop.offset);
    const witness = remainder === "bytes" &&
      await hasWitness(reader, stop.offset, nextLsn);
    const scan = { lastLsn: nextLsn - 1, link, stop, remainder, witness };
    return faultOfEnd(scan, manifest, "tail");
  }
}

function openCursor(
  { storage, segment, manifest, pace }: TailPlace,
): Promise<SegmentCursor> {
  return SegmentCursor.open(storage, segment, manifest.log, pace);
}
