import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import type { Frame, Manifest, SegmentName } from "../storage/format/mod.ts";
import type { BatchSource } from "../storage/frame_log.ts";
import {
  SegmentLookup,
  SegmentReader,
  SegmentReads,
} from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { Pace } from "../storage/turns.ts";
import type { AckLevel } from "../writer/acks.ts";
import { Cuts } from "../writer/cuts.ts";
import type { LogSource } from "./log_source.ts";
import { Lookout } from "./lookout.ts";
import { ObservedReads } from "./observed_reads.ts";
import { ObservedTail } from "./observed_tail.ts";
import { RecentFrames } from "./recent_frames.ts";
import {
  type LiveSurvey,
  retryIfGone,
  surveyLiveLog,
} from "./survey_live_log.ts";
import { Suspicion } from "./suspicion.ts";

/** What a reader shows: records that are durable, or all that are written. */
export type ReaderLevel = "disk" | "os";

/** The files of a log, as they were at the last look. */
type Files = Pick<LiveSurvey, "segments" | "end" | "unfinished"> & {
  readonly manifest: Manifest;
};

/** What one look found. */
interface Seen {
  readonly files: Files;
  readonly tail: ObservedTail | undefined;
  readonly writtenLsn: number;
  readonly durableLsn: number;
  /** What a cut since the last look left; `Infinity` without one. */
  readonly cutLsn: number;
}

/** Looks that may contradict the one before; only the last one counts. */
const LOOKS = 3;

/**
 * A log in a directory that another process may be writing to: where it begins
 * and ends, as of the last look. Takes no lock, and opens files for reading
 * only.
 */
export class ObservedLog implements LogSource {
  /** The directory of the log. */
  readonly files: Storage;
  /** The records near its end, while somebody waits for more. */
  readonly tail: RecentFrames = new RecentFrames();
  readonly #level: ReaderLevel;
  readonly #pace = new Pace();
  readonly #wakes = new Set<() => void>();
  readonly #cuts = new Cuts();
  readonly #suspicion = new Suspicion();
  readonly #lookout: Lookout;
  readonly #keep = (path: string, frames: readonly Frame[]): void => {
    if (this.#wakes.size > 0) this.tail.add(path, frames);
  };
  #seen: Files | undefined;
  #tail: ObservedTail | undefined;
  #lookup: SegmentLookup | undefined;
  #firstLsn = 1;
  #writtenLsn = 0;
  #durableLsn = 0;
  #end: "closed" | Error | undefined;
  #looking: Promise<void> | undefined;
  #again: Promise<void> | undefined;

  private constructor(files: Storage, level: ReaderLevel) {
    this.files = files;
    this.#level = level;
    this.#lookout = new Lookout(files, this);
  }

  /**
   * Looks at a log for the first time. Damage at its end does not make it
   * reject: `end` tells. Rejects if there is no directory, and with
   * `CorruptLogError` if the manifest or segments are damaged or missing.
   */
  static async open(
    storage: Storage,
    level: ReaderLevel,
  ): Promise<ObservedLog> {
    const log = new ObservedLog(storage, level);
    try {
      await log.#begin(() => log.#look());
    } catch (error) {
      await log.close();
      throw error;
    }
    return log;
  }

  /** LSN of the oldest record kept, or of the next one if there is none. */
  get firstLsn(): number {
    return this.#firstLsn;
  }

  /** LSN of the last record that was seen, shown or not. */
  get writtenLsn(): number {
    return this.#writtenLsn;
  }

  /** LSN up to which the log declares all records durable. */
  get durableLsn(): number {
    return this.#durableLsn;
  }

  /** LSN up to which records are shown that have reached `level`. */
  reached(level: AckLevel): number {
    return level === "disk" || this.#level === "disk"
      ? this.#durableLsn
      : this.#writtenLsn;
  }

  /** How often the log was cut back since it was opened. */
  get cuts(): number {
    return this.#cuts.count;
  }

  /** The lowest last LSN that a cut after the first `cuts` left. */
  lowestSince(cuts: number): number {
    return this.#cuts.lowestSince(cuts);
  }

  /** Whether it is closed, or why it cannot be read further at present. */
  get end(): "closed" | Error | undefined {
    return this.#end;
  }

  /**
   * Calls `wake` after each look that found something new, and looks whenever
   * the log changes, until the function that it returns is called.
   */
  onAdvance(wake: () => void): () => void {
    // The same function may be passed twice.
    const own = () => wake();
    this.#wakes.add(own);
    const stop = this.#lookout.start();
    return () => {
      this.#wakes.delete(own);
      if (this.#wakes.size === 0) this.tail.clear();
      stop();
    };
  }

  /** Reads records that were seen, both included. */
  read(from: number, to: number): BatchSource {
    return new ObservedReads(this, from, to);
  }

  /** The same, from the segments that the last look found. */
  readSeen(from: number, to: number): BatchSource {
    const { segments, manifest } = this.#seen!;
    return new SegmentReads(this.files, segments, {
      log: manifest.log,
      from,
      to,
      firstLsn: () => this.#firstLsn,
      lookup: this.#lookup!,
    }, new Pace());
  }

  /**
   * Looks at the log; once it resolves, all that was there when it was called
   * is known. Rejects if the log cannot be read, or its end is damaged.
   */
  async refresh(): Promise<void> {
    await this.lookAround();
    if (this.#end instanceof Error) throw this.#end;
  }

  /** The same, but resolves with whether anything was new. */
  async lookAround(): Promise<boolean> {
    const before = this.#marks();
    await this.#afterThis(() => this.#look());
    return before !== this.#marks();
  }

  /**
   * Reads what was added to the last segment, and looks at the other files only
   * if that segment is complete. Resolves with whether anything was new.
   */
  async glance(): Promise<boolean> {
    const before = this.#marks();
    await this.#afterThis(() => this.#glance());
    return before !== this.#marks();
  }

  /** Ends it, and closes all files. */
  async close(): Promise<void> {
    if (this.#end === "closed") return;
    this.#end = "closed";
    this.#notify();
    this.#lookout.close();
    await this.#again?.catch(() => {});
    await this.#looking?.catch(() => {});
    await this.#tail?.close();
    await this.#lookup?.close();
  }

  /** Runs `look`, or the one that others wait for, after one in progress. */
  #afterThis(look: () => Promise<void>): Promise<void> {
    if (this.#looking === undefined) return this.#begin(look);
    // It may have missed what is there now.
    this.#again ??= this.#looking.catch(() => {}).then(() => {
      this.#again = undefined;
      return this.#begin(() => this.#look());
    });
    return this.#again;
  }

  async #begin(look: () => Promise<void>): Promise<void> {
    const before = this.#marks();
    const looking = look();
    this.#looking = looking;
    try {
      await looking;
    } catch (error) {
      if (this.#end !== "closed") this.#end = error as Error;
      throw error;
    } finally {
      this.#looking = undefined;
      if (before !== this.#marks()) this.#notify();
    }
  }

  /** All that readers may wait for, to be compared. */
  #marks(): string {
    const { firstLsn, writtenLsn, durableLsn, cuts, end } = this;
    return `${firstLsn} ${writtenLsn} ${durableLsn} ${cuts} ${end}`;
  }

  #notify(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  async #glance(): Promise<void> {
    const tail = this.#tail;
    const files = this.#seen;
    if (tail === undefined || files === undefined || tail.isSealed) {
      return await this.#look();
    }
    try {
      await tail.advance(files.end, this.#keep);
    } catch {
      return await this.#look();
    }
    if (tail.isSealed) return await this.#look();
    this.#writtenLsn = Math.max(this.#writtenLsn, tail.lastLsn);
    if (isSettled(files, tail.segment)) this.#declare(tail.syncedLsn);
  }

  async #look(): Promise<void> {
    if (this.#end === "closed") return;
    for (let attempt = 1;; attempt++) {
      const isLast = attempt === LOOKS;
      try {
        const seen = await retryIfGone(() => this.#observe());
        if (seen === undefined) return;
        // A listing may be incomplete while files come and go.
        const isLess = seen.writtenLsn < this.#writtenLsn ||
          seen.cutLsn < this.#writtenLsn;
        if (isLess && attempt === 1) await this.#discard(seen.tail);
        else {
          await this.#accept(seen);
          break;
        }
      } catch (error) {
        if (!(error instanceof CorruptLogError) || isLast) throw error;
      }
    }
    await this.#judge();
  }

  /** What is there now; `undefined` if there is no log yet. */
  async #observe(): Promise<Seen | undefined> {
    const { damage, manifest, ...files } = await surveyLiveLog(this.files);
    if (damage !== undefined) {
      throw new CorruptLogError(damage.file, damage.offset, damage.reason);
    }
    const before = this.#seen?.manifest;
    this.#requireSame(before, manifest);
    if (manifest === undefined) return undefined;
    const { end, unfinished } = files;
    const found = { manifest, segments: files.segments, end, unfinished };
    const last = found.segments.at(-1);
    const tail = last && await this.#follow(found, last);
    try {
      return {
        files: found,
        tail,
        writtenLsn: Math.max(tail?.lastLsn ?? 0, manifest.firstLsn - 1),
        durableLsn: await this.#declaredBy(found, tail),
        cutLsn: this.#cutBy(found, tail),
      };
    } catch (error) {
      await this.#discard(tail);
      throw error;
    }
  }

  async #discard(tail: ObservedTail | undefined): Promise<void> {
    if (tail !== this.#tail) await tail?.close();
  }

  /** Another log, or an older state of this one, is not a continuation. */
  #requireSame(before: Manifest | undefined, now: Manifest | undefined): void {
    if (before === undefined) return;
    const { location } = this.files;
    const refuse = (reason: string) => new CorruptLogError(location, 0, reason);
    if (now === undefined) throw refuse("the log that was here is gone");
    if (now.log !== before.log) {
      throw refuse(
        `expected log ${before.log}, found log ${now.log}: another log has ` +
          "taken its place",
      );
    }
    if (now.epoch >= before.epoch) return;
    throw refuse(
      `the manifest of epoch ${before.epoch} is gone; the newest one is of ` +
        `epoch ${now.epoch}`,
    );
  }

  /** Follows the last segment from where the last look ended, if it can. */
  async #follow(
    { manifest, end }: Files,
    segment: SegmentName,
  ): Promise<ObservedTail> {
    const before = this.#tail;
    const isSame = before?.segment.name === segment.name &&
      before.lastLsn < end && await before.isUnchanged();
    const tail = isSame ? before : await ObservedTail.open({
      storage: this.files,
      segment,
      manifest,
      pace: this.#pace,
    });
    try {
      await tail.advance(end, this.#keep);
      return tail;
    } catch (error) {
      if (tail !== before) await tail.close();
      throw error;
    }
  }

  /** LSN up to which files and frames declare all records durable. */
  async #declaredBy(
    files: Files,
    tail: ObservedTail | undefined,
  ): Promise<number> {
    const { manifest, segments } = files;
    const { durableLsn, firstLsn } = manifest;
    const known = Math.max(durableLsn, firstLsn - 1);
    if (tail === undefined) return known;
    if (tail.hasFrames) {
      return isSettled(files, tail.segment)
        ? Math.max(known, tail.syncedLsn)
        : known;
    }
    const before = segments.at(-2);
    if (before === undefined || !isSettled(files, before)) return known;
    return await this.#isSealed(before, tail)
      ? Math.max(known, tail.segment.firstLsn - 1)
      : known;
  }

  /** Whether a segment ends with a seal that the segment `next` follows. */
  async #isSealed(
    { name }: SegmentName,
    { segment: { firstLsn }, previous }: ObservedTail,
  ): Promise<boolean> {
    const reader = await SegmentReader.open(this.files, name, this.#pace);
    try {
      const seal = await reader.seal();
      return seal?.firstLsn === firstLsn && seal.previous === previous;
    } finally {
      await reader.close();
    }
  }

  /** LSN up to which nothing that was seen before has been withdrawn. */
  #cutBy(files: Files, tail: ObservedTail | undefined): number {
    const seen = this.#seen;
    const before = this.#tail;
    if (seen === undefined) return Infinity;
    const { epoch, baseLsn } = files.manifest;
    if (epoch > seen.manifest.epoch) return baseLsn;
    if (before === undefined || tail === before) return Infinity;
    // A frame is withdrawn if the disk is full before its zeros are written.
    if (before.segment.name === tail?.segment.name) return before.settledLsn;
    const at = files.segments.findIndex(({ name }) =>
      name === before.segment.name
    );
    const next = at === -1 ? undefined : files.segments[at + 1];
    return next === undefined ? Infinity : next.firstLsn - 1;
  }

  /** Takes a look's findings for true. */
  async #accept(seen: Seen): Promise<void> {
    const { files, tail, writtenLsn, durableLsn } = seen;
    const cutLsn = Math.min(seen.cutLsn, writtenLsn);
    const { firstLsn, epoch, log } = files.manifest;
    if (cutLsn < this.#writtenLsn) {
      const isNewOwner = epoch > this.#seen!.manifest.epoch;
      if (cutLsn < this.#durableLsn && !isNewOwner) {
        await this.#discard(tail);
        throw this.#missing(cutLsn + 1, tail);
      }
      this.#cuts.add(cutLsn);
      this.tail.clear();
      this.#durableLsn = Math.min(this.#durableLsn, cutLsn);
    }
    const before = this.#tail;
    const gone = this.#goneFrom(files, tail);
    this.#seen = files;
    this.#tail = tail;
    this.#firstLsn = firstLsn;
    this.#writtenLsn = writtenLsn;
    this.#declare(durableLsn);
    if (this.#end !== "closed") this.#end = undefined;
    this.#lookup ??= new SegmentLookup(this.files, {
      log,
      firstLsn: () => this.#firstLsn,
    });
    await this.#lookup.forget(gone);
    if (tail === before) return;
    if (tail?.index !== undefined) {
      this.#lookup.know({ name: tail.segment.name, index: tail.index });
    }
    await before?.close();
  }

  #missing(lsn: number, tail: ObservedTail | undefined): CorruptLogError {
    const { path, offset } = tail?.damaged ??
      { path: this.files.location, offset: 0 };
    const reason = `record ${lsn} is missing; records up to ` +
      `${this.#durableLsn} were durable`;
    return new CorruptLogError(path, offset, reason);
  }

  /** Names of segments of which nothing that is remembered holds. */
  #goneFrom(files: Files, tail: ObservedTail | undefined): string[] {
    const kept = new Set(files.segments.map(({ name }) => name));
    const before = this.#tail;
    // What was known of the last segment may be incomplete, or of its namesake.
    if (before !== undefined && before !== tail) {
      kept.delete(before.segment.name);
    }
    const known = this.#seen?.segments ?? [];
    return known.map(({ name }) => name).filter((name) => !kept.has(name));
  }

  #declare(lsn: number): void {
    const durableLsn = Math.min(lsn, this.#writtenLsn);
    this.#durableLsn = Math.max(this.#durableLsn, durableLsn);
  }

  /** Looks for damage at the end, unless it was judged a moment ago. */
  async #judge(): Promise<void> {
    const tail = this.#tail;
    const files = this.#seen;
    if (tail === undefined || files === undefined) return;
    const fault = await this.#suspicion.judge(
      tail,
      () => tail.fault(files.manifest, files.end),
    );
    if (fault === undefined || this.#end === "closed") return;
    const { path, offset } = tail.damaged;
    this.#end = new CorruptLogError(path, offset, fault);
  }
}

/**
 * Whether a segment's name is durable, so that a seal in it holds: until then
 * it has the name under which it was made as well.
 */
function isSettled({ unfinished }: Files, { name }: SegmentName): boolean {
  return !unfinished.some((file) => file.name === `${name}.tmp`);
}
