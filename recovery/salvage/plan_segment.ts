import {
  formatSegmentName,
  hex,
  type Hole,
  type Manifest,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
} from "../../storage/format/mod.ts";
import type { ChainEnd } from "../../storage/segments/mod.ts";
import { decideTail } from "../decide_tail.ts";
import type { Break, FoundSegment, FrameRun } from "./find_segments.ts";
import { lostContents } from "./lost_contents.ts";

/** A part of a repaired segment. */
export type Piece =
  /** Frames, copied byte for byte. */
  | { kind: "run"; run: FrameRun }
  /** A new frame that skips lost records. */
  | { kind: "hole"; firstLsn: number; previous: number; hole: Hole }
  /** A new seal, which declares everything before it synced. */
  | { kind: "seal"; firstLsn: number; previous: number };

/** A segment to rewrite, or to add because it is missing. */
export interface SegmentPlan {
  /** The damaged segment, or a new one whose name is free. */
  segment: SegmentName;
  /** Its salt; absent if it has no frames, so that any salt will do. */
  salt?: number;
  /** Checksum of the frame before it. */
  previous: number;
  /** The highest time of any earlier frame, in ms since 1970. */
  time: number;
  /** The parts that follow the header. */
  pieces: Piece[];
  /** Whether a file has that name, whose bytes must be kept. */
  replaces: boolean;
}

/** One place of damage, and the records lost there. */
export interface PlannedDamage extends Break {
  /** The path of the segment. */
  path: string;
  /** The file whose bytes are kept because of it; empty if it is missing. */
  segment: string;
  /** LSN of the first lost record, or of the next record if none is lost. */
  firstLsn: number;
  /** LSN of the last lost record; below the first if none is lost. */
  lastLsn: number;
  /** Present if it is unknown whether more records are lost. */
  lossUnknown?: true;
}

/** The plan of a salvage. */
export interface SalvagePlan {
  /** Segments to write, in order. */
  rewrites: SegmentPlan[];
  /** Files that are not segments of the log; they are kept, but not read. */
  foreign: string[];
  /** The damage, in order. */
  damages: PlannedDamage[];
  /** Number of records kept. */
  records: number;
  /** LSN of the last record. */
  lastLsn: number;
  /** LSN up to which all records are durable once the plan is done. */
  durableLsn: number;
  /** The highest time of a frame, in ms since 1970. */
  time: number;
  /** A torn end, which is not damage: it stays, or goes with a rewrite. */
  torn?: Break & { path: string };
}

/** How far a plan has progressed. */
export type ChainState = Omit<ChainEnd, "salt">;

/** What precedes a segment. */
export interface Predecessor {
  /** Checksum that its header must name. */
  previous: number;
  /** The highest time of an earlier frame, in ms since 1970. */
  time: number;
}

/** Plans what becomes of one segment; pure except for the plan it adds to. */
export class SegmentPlanner {
  readonly #plan: SalvagePlan;
  readonly #found: FoundSegment;
  readonly #previous: number;
  readonly #time: number;
  readonly #manifest: Manifest | undefined;
  /** For each run: the highest LSN that it or a later one declares synced. */
  readonly #witnesses: number[];
  readonly #pieces: Piece[] = [];
  #place: ChainState;
  #isDamaged = false;

  constructor(
    plan: SalvagePlan,
    found: FoundSegment,
    { previous, time }: Predecessor,
    manifest: Manifest | undefined,
  ) {
    this.#plan = plan;
    this.#found = found;
    this.#previous = previous;
    this.#time = time;
    this.#manifest = manifest;
    this.#witnesses = highestFromEnd(found);
    this.#place = {
      nextLsn: found.segment.firstLsn,
      previous,
      link: previous,
    };
  }

  /** Adds to the plan; returns where the log continues. */
  plan(next: FoundSegment | undefined): ChainState {
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
      const reason = `segment header: expected record ${firstLsn} after ` +
        `${hex(this.#previous)}, found it after ${hex(header.previous)}`;
      this.#damage({ offset: 0, reason });
    }
  }

  /** Whether a crash may have left this break in the last segment. */
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

  /** The break before a run; none if only the header contradicts it. */
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

  /** Plans a hole if the segment ends before the next one begins. */
  #reach(next: FoundSegment): void {
    const { end } = this.#found;
    if (this.#place.nextLsn === end || this.#isWhole) return;
    const isNext = end === next.segment.firstLsn;
    const resumes = isNext ? this.#linkInto(next) : this.#place.previous;
    this.#skip(this.#missedBefore(next), end, resumes);
  }

  /** Whether it stays as it is: missing records then get a new segment. */
  get #isWhole(): boolean {
    const { segment, stop } = this.#found;
    return !this.#isDamaged && stop.remainder !== "bytes" &&
      this.#place.nextLsn > segment.firstLsn;
  }

  /** Fills a gap before the next segment, where whole segments are missing. */
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
   * Plans a new segment for a gap, because this segment is intact. The new one
   * gets the epoch of what follows, so that it is neither fenced nor beyond the
   * end that this epoch found, and so that its name is free.
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

  /** LSN up to which the manifest says that all records were durable. */
  get #knownLsn(): number {
    const { durableLsn, firstLsn } = this.#manifest ?? NOTHING_KNOWN;
    return durableLsn >= firstLsn ? durableLsn : 0;
  }

  /** Plans the end of the log; if rewritten, it is synced and sealed. */
  #end(): void {
    const { stop, strayLsn, path, end } = this.#found;
    const isAtEnd = this.#place.nextLsn === end;
    const isLost = this.#knownLsn >= this.#place.nextLsn && !isAtEnd;
    const isClosed = this.#manifest?.closed === true &&
      this.#knownLsn === this.#place.nextLsn - 1;
    if (isLost) {
      if (!this.#isWhole) this.#skipLost(stop);
    } else if (stop.remainder === "bytes" && strayLsn >= this.#place.nextLsn) {
      // No frame after the end that the manifest names is evidence.
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

  /** Skips lost records at the end that the manifest knows of. */
  #skipLost(stop: Break): void {
    const { end } = this.#found;
    const nextLsn = Math.min(this.#knownLsn + 1, end);
    const resumes = nextLsn === end ? this.#place.previous : this.#lastLink;
    this.#skip(this.#missedAt(stop), nextLsn, resumes);
    delete this.#plan.torn;
  }

  /** Fills a gap after the end, where whole segments are missing. */
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
      reason: `${reason}; the manifest says that all records up to ` +
        `${this.#knownLsn} were durable`,
    };
  }

  /** Checksum of the last frame, as far as it is known. */
  get #lastLink(): number {
    const { closed = false, link = 0 } = this.#manifest ?? {};
    return closed ? link : this.#place.previous;
  }

  #skip(at: Break | undefined, nextLsn: number, resumes: number): void {
    const { nextLsn: firstLsn, previous } = this.#place;
    const lost = nextLsn - firstLsn;
    // A run without a break follows a header already reported as damaged.
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
    // Records below the oldest one kept are not lost.
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

/** Checksum that a segment claims to follow, if that is known. */
export function entryLink(
  { header, segment, runs }: FoundSegment,
): number | undefined {
  if (header !== undefined) return header.previous;
  const first = runs.find(({ unreadable }) => unreadable === undefined);
  return first?.firstLsn === segment.firstLsn ? first.previous : undefined;
}

const NOTHING_KNOWN = { firstLsn: 0, durableLsn: -1 };

function highestFromEnd({ runs, strayLsn }: FoundSegment): number[] {
  const highest = new Array<number>(runs.length);
  let syncedLsn = strayLsn;
  for (let index = runs.length - 1; index >= 0; index--) {
    syncedLsn = Math.max(syncedLsn, runs[index].syncedLsn);
    highest[index] = syncedLsn;
  }
  return highest;
}
