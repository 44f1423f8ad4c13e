import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { CutHistory, type Frame } from "../storage/format/mod.ts";
import type { BatchSource } from "../storage/frame_log.ts";
import { SegmentLookup, SegmentReads } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { Pace } from "../storage/turns.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { ObservedSource, ReaderLevel } from "./log_source.ts";
import { Lookout } from "./lookout.ts";
import {
  isSettled,
  type Known,
  type LogFiles,
  observe,
  type Seen,
} from "./observe.ts";
import { ObservedReads } from "./observed_reads.ts";
import type { ObservedTail } from "./observed_tail.ts";
import { RecentFrames } from "./recent_frames.ts";
import { isGone } from "./survey_live_log.ts";
import { Suspicion } from "./suspicion.ts";

/** Looks that find damage before it is believed. */
const LOOKS = 3;

/** Looks in a row during which a file goes. */
const MOST_MISSES = 20;

/** Thrown if a look found less than the one before: a listing may be partial. */
const LOOK_AGAIN = new Error("A look found less than the one before");

/**
 * A log in a directory that another process may be writing to: where it begins
 * and ends, as of the last look. Takes no lock, and opens files for reading
 * only.
 */
export class ObservedLog implements ObservedSource {
  /** The directory of the log. */
  readonly files: Storage;
  /** The records near its end, while somebody waits for more. */
  readonly tail: RecentFrames = new RecentFrames();
  /** What it shows. */
  readonly level: ReaderLevel;
  readonly #pace = new Pace();
  readonly #wakes = new Set<() => void>();
  readonly #cuts = new CutHistory();
  readonly #suspicion = new Suspicion();
  readonly #lookout: Lookout;
  readonly #keep = (path: string, frames: readonly Frame[]): void => {
    if (this.#wakes.size > 0) this.tail.add(path, frames);
  };
  #seen: LogFiles | undefined;
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
    this.level = level;
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
      // Damage at the end does not keep from reading what is before it.
      if (log.#seen !== undefined && log.#end === error) return log;
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
    return level === "disk" || this.level === "disk"
      ? this.#durableLsn
      : this.#writtenLsn;
  }

  /** Whether records are written that are not shown yet. */
  get isPending(): boolean {
    return this.#writtenLsn > this.reached("os");
  }

  /** The files that the last look found; absent if there is no log. */
  get layout(): LogFiles | undefined {
    return this.#seen;
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
    const { cuts } = this;
    return new SegmentReads(this.files, segments, {
      log: manifest.log,
      from,
      to,
      firstLsn: () => this.#firstLsn,
      lastLsn: () => this.lowestSince(cuts),
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
  async close(readsEnd?: Promise<void>): Promise<void> {
    await readsEnd;
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
      this.#setEnd(error as Error);
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

  /** Looks again if files go meanwhile, or something seems wrong. */
  async #look(): Promise<void> {
    for (let misses = 0, doubts = 0; this.#end !== "closed";) {
      try {
        return await this.#lookOnce(doubts > 0);
      } catch (error) {
        if (isGone(error) && ++misses < MOST_MISSES) continue;
        const isDoubtful = error instanceof CorruptLogError ||
          error === LOOK_AGAIN;
        if (!isDoubtful || ++doubts === LOOKS) throw error;
      }
    }
  }

  async #lookOnce(isDoubtful: boolean): Promise<void> {
    const seen = await observe({ ...this.#known, isDoubtful });
    if (seen === undefined) return this.#setEnd(undefined);
    if (!isDoubtful && this.#isLess(seen)) {
      if (seen.tail !== this.#tail) await seen.tail?.close();
      throw LOOK_AGAIN;
    }
    await this.#accept(seen);
    const fault = await this.#judge(isDoubtful);
    if (fault !== undefined) throw fault;
    this.#setEnd(undefined);
  }

  #setEnd(end: Error | undefined): void {
    if (this.#end !== "closed") this.#end = end;
  }

  get #known(): Omit<Known, "isDoubtful"> {
    return {
      storage: this.files,
      pace: this.#pace,
      files: this.#seen,
      tail: this.#tail,
      onFrames: this.#keep,
    };
  }

  /** A listing may be incomplete while files come and go. */
  #isLess({ writtenLsn, cutLsn, leftLsn }: Seen): boolean {
    return Math.min(writtenLsn, cutLsn, leftLsn) < this.#writtenLsn;
  }

  /** Takes a look's findings for true. */
  async #accept({ files, tail, ...seen }: Seen): Promise<void> {
    const { firstLsn, log } = files.manifest;
    const before = this.#tail;
    const lastLsn = Math.min(seen.cutLsn, seen.leftLsn, seen.writtenLsn);
    if (lastLsn < this.#writtenLsn) {
      if (lastLsn < Math.min(this.#durableLsn, seen.cutLsn)) {
        if (tail !== before) await tail?.close();
        throw this.#missing(lastLsn + 1, tail);
      }
      this.#cuts.add(lastLsn);
      this.tail.clear();
      this.#durableLsn = Math.min(this.#durableLsn, lastLsn);
    }
    const gone = this.#goneFrom(files, tail);
    this.#seen = files;
    this.#tail = tail;
    this.#firstLsn = firstLsn;
    this.#writtenLsn = seen.writtenLsn;
    this.#declare(seen.durableLsn);
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
  #goneFrom(files: LogFiles, tail: ObservedTail | undefined): string[] {
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

  /** Damage at the end; looks for it unless it did so a moment ago. */
  async #judge(isAgain: boolean): Promise<CorruptLogError | undefined> {
    const tail = this.#tail;
    const files = this.#seen;
    if (tail === undefined || files === undefined) return undefined;
    const judge = () => tail.fault(files.manifest, files.end);
    const fault = await this.#suspicion.judge(tail, judge, isAgain);
    if (fault === undefined) return undefined;
    const { path, offset } = tail.damaged;
    return new CorruptLogError(path, offset, fault);
  }
}
