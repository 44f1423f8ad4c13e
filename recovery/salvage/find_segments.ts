import { describeFault } from "../../storage/corrupt_log_error.ts";
import {
  faultOfRecords,
  type Frame,
  isSeal,
  lsnsOf,
  SEGMENT_HEADER_BYTES,
  type SegmentName,
} from "../../storage/format/mod.ts";
import {
  advance,
  brokenLink,
  type ChainEnd,
  follows,
  SegmentReader,
} from "../../storage/segments/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Pace } from "../../storage/turns.ts";
import type { Remainder } from "../decide_tail.ts";
import { type JudgedHeader, judgeHeader } from "../judge_header.ts";
import { OVERLAPPING, remainderAt } from "../scan_tail.ts";
import type { Survey } from "../survey.ts";

/** The parts of a segment that can be kept. */
export interface FoundSegment extends JudgedHeader {
  /** The segment's name and what it says. */
  segment: SegmentName;
  /** Its path, for messages. */
  path: string;
  /** LSN before which it ends, whatever follows in the file. */
  end: number;
  /** Its runs of frames, by ascending LSN and offset. */
  runs: FrameRun[];
  /**
   * The highest LSN that whole frames outside all runs declare synced;
   * `Infinity` if the search for them was given up.
   */
  strayLsn: number;
  /** Where and why the last run ends, and what follows. */
  stop: Break & { remainder: Remainder };
}

const NO_MANIFEST = { epoch: 0, firstLsn: 0, baseLsn: 0 };

/**
 * Finds what can be kept of each of the log's segments. It reads all of them
 * before anything is changed, because any of them may be refused.
 */
export async function findSegments(
  storage: Storage,
  { segments, manifest }: Pick<Survey, "segments" | "manifest">,
  pace: Pace,
): Promise<FoundSegment[]> {
  const { epoch, firstLsn: lowLsn, baseLsn } = manifest ?? NO_MANIFEST;
  const found: FoundSegment[] = [];
  let reached = 0;
  for (const [index, segment] of segments.entries()) {
    // Anything after it was written by a displaced owner.
    const ownEnd = segment.epoch < epoch ? baseLsn + 1 : Infinity;
    const next = await nextOf(storage, segments, index, pace) ?? Infinity;
    const end = Math.min(next, ownEnd);
    const one = await findRuns(storage, segment, { lowLsn, end }, pace);
    const isIntruder = one.salt === undefined && segment.firstLsn < reached;
    found.push(
      isIntruder ? { ...one, isForeign: true, end: segment.firstLsn } : one,
    );
    reached = Math.max(reached, one.runs.at(-1)?.nextLsn ?? 0);
  }
  return found;
}

/** A place where the chain of a segment's frames breaks. */
export interface Break {
  /** Offset in the segment, in bytes. */
  offset: number;
  /** What was expected and what was found. */
  reason: string;
}

/** Consecutive frames that form a chain. */
export interface FrameRun {
  /** Where the first frame begins, in bytes. */
  offset: number;
  /** Where the last frame ends, in bytes. */
  end: number;
  /** LSN of the first record. */
  firstLsn: number;
  /** LSN of the record after the last one. */
  nextLsn: number;
  /** Checksum that the first frame names. */
  previous: number;
  /** Checksum that a frame after the run must name. */
  nextPrevious: number;
  /** Checksum that a segment after it must name; absent if it takes no LSN. */
  link?: number;
  /** The highest LSN that a frame declares synced. */
  syncedLsn: number;
  /** Number of records kept, without those that holes skip. */
  records: number;
  /** The highest time of a frame, in ms since 1970. */
  time: number;
  /** Whether the last frame seals the segment. */
  sealed: boolean;
  /** Why it does not follow the previous run or the header; else absent. */
  broken?: Break;
  /** Why the one frame is unreadable even though its checksum is right. */
  unreadable?: Break;
}

/** The range of records in a segment that count. */
export interface RunBounds {
  /** LSN of the oldest record kept: those below are not counted. */
  lowLsn: number;
  /** LSN before which the segment ends, whatever follows in the file. */
  end: number;
}

/**
 * Finds what can be kept of a segment, whatever is damaged: runs of whole
 * frames with its salt and ascending LSNs below `end`. Throws
 * `FormatVersionError` if the segment is of another version.
 */
async function findRuns(
  storage: Storage,
  segment: SegmentName,
  bounds: RunBounds,
  pace: Pace,
): Promise<FoundSegment> {
  const reader = await SegmentReader.openDamaged(storage, segment.name, pace);
  try {
    const { path } = reader;
    const judged = await judgeHeader(
      reader,
      segment,
      bounds.end,
      undefined,
    );
    const head = { segment, path, end: bounds.end, ...judged };
    const finder = new RunFinder(reader, head, bounds);
    if (head.salt !== undefined) await finder.search(head.salt);
    return { ...head, ...await finder.finish() };
  } finally {
    await reader.close();
  }
}

/** Joins whole frames into runs, in the order of the file. */
class RunFinder {
  readonly #reader: SegmentReader;
  readonly #lowLsn: number;
  readonly #end: number;
  readonly #runs: FrameRun[] = [];
  readonly #salt: number;
  #previous: number | undefined;
  #nextLsn: number;
  #offset = SEGMENT_HEADER_BYTES;
  #strayLsn = 0;
  #gaveUp = false;

  constructor(
    reader: SegmentReader,
    { header, salt = 0, segment }: JudgedHeader & { segment: SegmentName },
    { lowLsn, end }: RunBounds,
  ) {
    this.#reader = reader;
    this.#lowLsn = lowLsn;
    this.#end = end;
    this.#salt = salt;
    this.#previous = header?.previous;
    this.#nextLsn = segment.firstLsn;
  }

  async search(salt: number): Promise<void> {
    if (this.#nextLsn === this.#end) return;
    const search = this.#reader.search(this.#offset, salt);
    let step = await search.next();
    for (; !step.done; step = await search.next()) {
      for (const frame of step.value) {
        if (this.#nextLsn === this.#end) return;
        this.#reader.requireKnown(frame);
        if (!this.#isUsable(frame)) {
          this.#strayLsn = Math.max(this.#strayLsn, frame.syncedLsn);
        } else if (this.#isNext(frame)) {
          this.#take(frame, undefined);
        } else {
          this.#take(frame, await this.#whyBroken());
        }
      }
    }
    if (step.value === undefined) return;
    // The rest is unknown, so it must not be mistaken for a torn end.
    this.#gaveUp = true;
    this.#strayLsn = Infinity;
  }

  async finish(): Promise<Pick<FoundSegment, "runs" | "strayLsn" | "stop">> {
    const offset = this.#offset;
    const remainder = await remainderAt(this.#reader, offset);
    const why = await this.#whyBroken();
    if (this.#gaveUp) why.reason += `; ${OVERLAPPING}`;
    const stop = { ...why, remainder };
    return { runs: this.#runs, strayLsn: this.#strayLsn, stop };
  }

  /** Whether its records are neither already found nor the next segment's. */
  #isUsable(frame: Frame): boolean {
    return frame.firstLsn >= this.#nextLsn &&
      frame.firstLsn + lsnsOf(frame) <= this.#end;
  }

  #isNext(frame: Frame): boolean {
    return frame.offset === this.#offset &&
      follows(frame, this.#linkTo(frame), this.#end);
  }

  #take(frame: Frame, broken: Break | undefined): void {
    const unreadable = whyUnreadable(frame);
    const last = this.#runs.at(-1);
    const joins = !broken && !unreadable && !last?.unreadable;
    const run = joins && last || startRun(frame, broken, unreadable);
    if (run !== last) this.#runs.push(run);
    this.#extend(run, frame);
  }

  #extend(run: FrameRun, frame: Frame): void {
    const { salt, previous, firstLsn: nextLsn } = frame;
    const chain = { salt, previous, nextLsn, link: previous };
    advance(chain, frame);
    run.end = frame.offset + frame.bytes;
    run.nextLsn = chain.nextLsn;
    run.nextPrevious = chain.previous;
    if (lsnsOf(frame) > 0) run.link = chain.link;
    run.syncedLsn = Math.max(run.syncedLsn, frame.syncedLsn);
    run.time = Math.max(run.time, frame.time);
    run.records += run.unreadable === undefined ? this.#countKept(frame) : 0;
    run.sealed = isSeal(frame);
    this.#previous = chain.previous;
    this.#nextLsn = chain.nextLsn;
    this.#offset = run.end;
  }

  #countKept({ firstLsn, count }: Frame): number {
    return Math.max(0, count - Math.max(0, this.#lowLsn - firstLsn));
  }

  /** Without a header, the first frame may follow any checksum. */
  #linkTo({ previous }: Frame): ChainEnd {
    return {
      salt: this.#salt,
      previous: this.#previous ?? previous,
      nextLsn: this.#nextLsn,
      link: previous,
    };
  }

  /** Describes why no frame continues at the place that was reached. */
  async #whyBroken(): Promise<Break> {
    const found = await this.#reader.frameAt(this.#offset);
    if ("fault" in found) {
      return { offset: found.offset, reason: describeFault(found) };
    }
    const broken = brokenLink(found, this.#linkTo(found), this.#end);
    return { offset: found.offset, reason: describeFault(broken) };
  }
}

function startRun(
  { offset, firstLsn, previous, syncedLsn }: Frame,
  broken: Break | undefined,
  unreadable: Break | undefined,
): FrameRun {
  return {
    offset,
    end: offset,
    firstLsn,
    nextLsn: firstLsn,
    previous,
    nextPrevious: previous,
    syncedLsn,
    records: 0,
    time: 0,
    sealed: false,
    ...(broken !== undefined && { broken }),
    ...(unreadable !== undefined && { unreadable }),
  };
}

function whyUnreadable(frame: Frame): Break | undefined {
  if (frame.count === 0) return undefined;
  const fault = faultOfRecords(frame);
  return fault && { offset: frame.offset, reason: describeFault(fault) };
}

/**
 * LSN where the next segment begins. A file without frames does not end an
 * earlier segment of the same owner: the records that its name claims may be in
 * that segment. A later owner's file does, because a displaced owner may have
 * written beyond that place.
 */
async function nextOf(
  storage: Storage,
  segments: readonly SegmentName[],
  index: number,
  pace: Pace,
): Promise<number | undefined> {
  const { epoch } = segments[index];
  for (let later = index + 1; later < segments.length; later++) {
    const one = segments[later];
    const isNext = one.epoch > epoch || await hasSalt(storage, one, pace);
    if (isNext) return one.firstLsn;
  }
  return undefined;
}

async function hasSalt(
  storage: Storage,
  segment: SegmentName,
  pace: Pace,
): Promise<boolean> {
  const reader = await SegmentReader.openDamaged(storage, segment.name, pace);
  try {
    const { salt } = await judgeHeader(reader, segment, Infinity, undefined);
    return salt !== undefined;
  } finally {
    await reader.close();
  }
}
