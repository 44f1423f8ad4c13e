import type { ChainEnd } from "../../storage/segments/mod.ts";
import { lostContents } from "./lost_contents.ts";
import {
  formatSegmentName,
  hex,
  type Hole,
  type Manifest,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
} from "../../storage/format/mod.ts";
import type { Break, FoundSegment, FrameRun } from "./find_runs.ts";
import { decideTail } from "../decide_tail.ts";

/** How far a plan has come. */
export type ChainPlace = Omit<ChainEnd, "salt">;

/** Checksum that a segment says it follows, as far as that can be told. */
export function entryLink(
  { header, segment, runs }: FoundSegment,
): number | undefined {
  if (header !== undefined) return header.previous;
  const first = runs.find(({ unreadable }) => unreadable === undefined);
  return first?.firstLsn === segment.firstLsn ? first.previous : undefined;
}

const NOTHING_KNOWN = { firstLsn: 0, durableLsn: -1 };

/** What lies before a segment. */
export interface SegmentEntry {
  /** Checksum that its header has to name. */
  previous: number;
  /** The highest time of a frame, in ms since 1970. */
  time: number;
}

/** Plans what becomes of one segment; pure but for the plan it adds to. */
export class SegmentPlanner {
  readonly #plan: SalvagePlan;
  readonly #found: FoundSegment;
  readonly #previous: number;
  readonly #time: number;
  readonly #manifest: Manifest | undefined;
  /** By run: the highest LSN that it or one behind it declares synced. */
  readonly #witnesses: number[];
  readonly #pieces: Piece[] = [];
  #place: ChainPlace;
  #isDamaged = false;

  constructor(
    plan: SalvagePlan,
    found: FoundSegment,
    { previous, time }: SegmentEntry,
    manifest: Manifest | undefined,
  ) {
    this.#plan = plan;
    this.#found = found;
    this.#previous = previous;
    this.#time = time;
    this.#manifest = manifest;
    this.#witnesses = highestFromBehind(found);
    this.#place = {
      nextLsn: found.segment.firstLsn,
      previous,
      link: previous,
    };
  }

  /** Adds to the plan; returns where the log goes on. */
  plan(next: FoundSegment | undefined): ChainPlace {
    this.#judgeHeader();
    for (const [index, run] of this.#found.runs.entries()) {
      if (next === undefined && this.#isTornAt(index)) break;
      this.#take(run);
    }
    if (next === undefined) this.#end();
    else this.#reach(next);
    if (this.#isDamaged) this.#rewrite();
    if (next === undefined) this.#fillEnd();
    else this.#fillUpTo(next);
    return this.#place;
  }

  #judgeHeader(): void {
    const { header, headerFault, runs, segment, end } = this.#found;
    const { firstLsn } = segment;
    if (headerFault !== undefined && runs.length === 0) {
      const contents = lostContents(segment, end, this.#manifest);
      const reason = `${headerFault}; ${contents.text}`;
      this.#damage({ offset: 0, reason }, 0, contents.isUnknown);
    } else if (headerFault !== undefined) {
      this.#damage({ offset: 0, reason: headerFault });
    } else if (header !== undefined && header.previous !== this.#previous) {
      const reason = `segment header: expected record ${firstLsn} behind ` +
        `${hex(this.#previous)}, found it behind ${hex(header.previous)}`;
      this.#damage({ offset: 0, reason });
    }
  }

  /** Whether a break in the last segment is what a crash may leave. */
  #isTornAt(index: number): boolean {
    const { runs, path } = this.#found;
    const broken = this.#breakBefore(runs[index]);
    if (broken === undefined) return false;
    const declared = Math.max(this.#witnesses[index], this.#knownLsn);
    const witness = declared >= this.#place.nextLsn;
    const evidence = { remainder: "bytes", witness } as const;
    const isTorn = decideTail(evidence, "salvage") === "cut";
    if (isTorn) this.#plan.torn = { ...broken, path };
    return isTorn;
  }

  /** A frame that only the header is at odds with is in its place. */
  #breakBefore(run: FrameRun): Break | undefined {
    const isFirst = run.offset === SEGMENT_HEADER_BYTES;
    return isFirst && this.#isNext(run) ? undefined : run.broken;
  }

  #isNext({ firstLsn, previous }: FrameRun): boolean {
    return firstLsn === this.#place.nextLsn &&
      previous === this.#place.previous;
  }

  #take(run: FrameRun): void {
    const { unreadable, firstLsn, nextLsn, previous, nextPrevious } = run;
    const broken = this.#breakBefore(run);
    if (unreadable !== undefined) {
      this.#skip(broken ?? unreadable, nextLsn, nextPrevious);
      return;
    }
    if (!this.#isNext(run)) this.#skip(broken, firstLsn, previous);
    else if (broken !== undefined) this.#damage(broken);
    this.#pieces.push({ kind: "run", run });
    this.#plan.records += run.records;
    this.#place.nextLsn = nextLsn;
    this.#place.previous = nextPrevious;
    if (run.link !== undefined) this.#place.link = run.link;
  }

  /** A segment that ends before the next one begins has lost its end. */
  #reach(next: FoundSegment): void {
    const { end } = this.#found;
    if (this.#place.nextLsn === end || this.#isWhole) return;
    const isNext = end === next.segment.firstLsn;
    const resumes = isNext ? this.#linkInto(next) : this.#place.previous;
    this.#skip(this.#missedBefore(next), end, resumes);
  }

  /** What is not damaged stays: what is missing gets a segment of its own. */
  get #isWhole(): boolean {
    const { segment, stop } = this.#found;
    return !this.#isDamaged && stop.remainder !== "bytes" &&
      this.#place.nextLsn > segment.firstLsn;
  }

  /** What is missing between this one and the next was in some of their own. */
  #fillUpTo(next: FoundSegment): void {
    const { firstLsn, epoch } = next.segment;
    if (this.#place.nextLsn === firstLsn) return;
    const at = this.#missedBefore(next);
    this.#fillGap(at, firstLsn, this.#linkInto(next), epoch);
  }

  #linkInto(next: FoundSegment): number {
    return entryLink(next) ?? this.#place.previous;
  }

  #missedBefore({ segment }: FoundSegment): Break {
    const { offset, reason } = this.#found.stop;
    const next = `the next segment begins at record ${segment.firstLsn}`;
    return { offset, reason: `${reason}; ${next}` };
  }

  /**
   * Nothing is wrong with this one: what is missing gets one of its own. Its
   * epoch is that of what follows, so that it is neither fenced nor behind the
   * place where that epoch found the log to end, and its name is free.
   */
  #fillGap(at: Break, nextLsn: number, resumes: number, epoch: number): void {
    const { nextLsn: firstLsn, link: previous } = this.#place;
    const name = formatSegmentName(firstLsn, epoch);
    const lost = nextLsn - firstLsn;
    const hole = { resumes, lost };
    this.#plan.rewrites.push({
      segment: { name, firstLsn, epoch },
      previous,
      time: Math.max(this.#time, ...this.#found.runs.map(({ time }) => time)),
      pieces: [{ kind: "hole", firstLsn, previous, hole }],
      replaces: false,
    });
    this.#report(at, lost, "");
    this.#place = { nextLsn, previous: resumes, link: resumes };
  }

  /** LSN up to which the manifest says that all was durable. */
  get #knownLsn(): number {
    const { durableLsn, firstLsn } = this.#manifest ?? NOTHING_KNOWN;
    return durableLsn >= firstLsn ? durableLsn : 0;
  }

  /** The end of the log: what is written anew is synced, and sealed. */
  #end(): void {
    const { stop, strayLsn, path, end } = this.#found;
    const isAtEnd = this.#place.nextLsn === end;
    const isLost = this.#knownLsn >= this.#place.nextLsn && !isAtEnd;
    const isClosed = this.#manifest?.closed === true &&
      this.#knownLsn === this.#place.nextLsn - 1;
    if (isLost) {
      if (!this.#isWhole) this.#skipLost(stop);
    } else if (stop.remainder === "bytes" && strayLsn >= this.#place.nextLsn) {
      // Behind the end that the manifest names no frame is evidence.
      if (!isAtEnd) this.#damage(stop);
    } else if (
      stop.remainder === "bytes" && this.#plan.torn === undefined &&
      !isClosed && !isAtEnd
    ) {
      this.#plan.torn = { offset: stop.offset, reason: stop.reason, path };
    }
    for (const { syncedLsn } of this.#found.runs) {
      this.#plan.durableLsn = Math.max(this.#plan.durableLsn, syncedLsn);
    }
    if (!this.#isDamaged) return;
    const { nextLsn: firstLsn, previous } = this.#place;
    this.#plan.durableLsn = firstLsn - 1;
    const last = this.#pieces.at(-1);
    if (last?.kind === "run" && last.run.sealed) return;
    this.#pieces.push({ kind: "seal", firstLsn, previous });
  }

  /** The manifest knows of records at the end that are gone. */
  #skipLost(stop: Break): void {
    const { end } = this.#found;
    const nextLsn = Math.min(this.#knownLsn + 1, end);
    const resumes = nextLsn === end ? this.#place.previous : this.#lastLink;
    this.#skip(this.#missedAt(stop), nextLsn, resumes);
    delete this.#plan.torn;
  }

  /** What is gone behind the end of this one was in segments of their own. */
  #fillEnd(): void {
    const { stop } = this.#found;
    if (this.#manifest === undefined || this.#knownLsn < this.#place.nextLsn) {
      return;
    }
    const { epoch, durableLsn } = this.#manifest;
    const at = this.#missedAt(stop);
    this.#fillGap(at, durableLsn + 1, this.#lastLink, epoch);
    this.#plan.durableLsn = durableLsn;
  }

  #missedAt({ offset, reason }: Break): Break {
    return {
      offset,
      reason: `${reason}; the manifest says that all up to ${this.#knownLsn} ` +
        "were durable",
    };
  }

  /** Checksum that the last record had, as far as that is known. */
  get #lastLink(): number {
    const { closed = false, link = 0 } = this.#manifest ?? {};
    return closed ? link : this.#place.previous;
  }

  #skip(at: Break | undefined, nextLsn: number, resumes: number): void {
    const { nextLsn: firstLsn, previous } = this.#place;
    const lost = nextLsn - firstLsn;
    // A run that is not broken follows a header whose damage is told already.
    if (at !== undefined) this.#damage(at, lost);
    const hole = { resumes, lost };
    this.#pieces.push({ kind: "hole", firstLsn, previous, hole });
    this.#place.nextLsn = nextLsn;
    this.#place.previous = resumes;
    if (lost > 0) this.#place.link = resumes;
  }

  #damage(at: Break, lost = 0, isUnknown = false): void {
    this.#isDamaged = true;
    this.#report(at, lost, this.#found.segment.name, isUnknown);
  }

  #report(at: Break, lost: number, segment: string, isUnknown = false): void {
    const { offset, reason } = at;
    const { path } = this.#found;
    const lastLsn = this.#place.nextLsn + lost - 1;
    const { firstLsn: lowLsn } = this.#manifest ?? NOTHING_KNOWN;
    // What lies below the oldest record that is kept is no loss.
    const firstLsn = Math.max(this.#place.nextLsn, lowLsn);
    this.#plan.damages.push({
      path,
      segment,
      offset,
      reason,
      firstLsn,
      lastLsn: Math.max(lastLsn, firstLsn - 1),
      ...(isUnknown && { lossUnknown: true }),
    });
  }

  #rewrite(): void {
    const { segment, salt } = this.#found;
    this.#plan.rewrites.push({
      segment,
      ...(salt !== undefined && { salt }),
      previous: this.#previous,
      time: this.#time,
      pieces: this.#pieces,
      replaces: true,
    });
  }
}

function highestFromBehind({ runs, strayLsn }: FoundSegment): number[] {
  const highest = new Array<number>(runs.length);
  let syncedLsn = strayLsn;
  for (let index = runs.length - 1; index >= 0; index--) {
    syncedLsn = Math.max(syncedLsn, runs[index].syncedLsn);
    highest[index] = syncedLsn;
  }
  return highest;
}

/** What a repaired segment is made of, in order. */
export type Piece =
  /** Frames, byte for byte. */
  | { kind: "run"; run: FrameRun }
  /** A new frame that skips what is lost. */
  | { kind: "hole"; firstLsn: number; previous: number; hole: Hole }
  /** A new seal, which says that all before it is synced. */
  | { kind: "seal"; firstLsn: number; previous: number };

/** A segment to be written anew, or one that was not there. */
export interface SegmentPlan {
  /** The one that is damaged; or a new one, of a name that is free. */
  segment: SegmentName;
  /** Its salt; any will do if it has no frame. */
  salt?: number;
  /** Checksum of the frame before. */
  previous: number;
  /** The highest time of the frames before, in ms since 1970. */
  time: number;
  /** What follows the header. */
  pieces: Piece[];
  /** Whether there is a file of that name, whose bytes are to be kept. */
  replaces: boolean;
}

/** One place of damage, and which records are lost there. */
export interface PlannedDamage extends Break {
  /** The path of the segment. */
  path: string;
  /** The file whose bytes are kept for it; empty if it was missing. */
  segment: string;
  /** LSN of the first record that is lost, or before which the place is. */
  firstLsn: number;
  /** LSN of the last record that is lost; below the first if none is. */
  lastLsn: number;
  /** Present if nobody knows whether others are lost as well. */
  lossUnknown?: true;
}

/** What a salvage does. */
export interface SalvagePlan {
  /** Segments to be written, in order. */
  rewrites: SegmentPlan[];
  /** Files that are none, whatever their names say: to be kept, not read. */
  foreign: string[];
  /** The damage, in order. */
  damages: PlannedDamage[];
  /** Number of records that are kept. */
  records: number;
  /** LSN of the last record. */
  lastLsn: number;
  /** LSN up to which all is known to be durable, once the plan is done. */
  durableLsn: number;
  /** The highest time of a frame, in ms since 1970. */
  time: number;
  /** A torn end, which is no damage: it stays or goes with a rewrite. */
  torn?: Break & { path: string };
}
