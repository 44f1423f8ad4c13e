import { invariant } from "../../invariant.ts";
import { missingRecord } from "../corrupt_log_error.ts";
import { addCut } from "../format/cuts.ts";
import type { SegmentName } from "../format/file_names.ts";
import {
  encodeHole,
  type Frame,
  KIND,
  lsnsOf,
  makeFrame,
  RECORD_HEADER_BYTES,
} from "../format/frame.ts";
import { type Storage, writeAll } from "../storage.ts";
import { StorageFullError } from "../storage_error.ts";
import type { Pace } from "../turns.ts";
import { lastUpTo } from "./frame_index.ts";
import { type CreatedSegment, createSegment } from "./log_files.ts";
import type { LogOwner } from "./log_owner.ts";
import { advance, type ChainEnd, SegmentCursor } from "./segment_cursor.ts";
import type { SegmentLookup } from "./segment_lookup.ts";
import type { SegmentSupply } from "./segment_supply.ts";

/** The frame that a log is to end in, or after. */
interface LastFrame {
  readonly frame: Frame;
  /** Checksum that a segment must name which begins with that frame. */
  readonly link: number;
}

/** Where a cut log continues. */
export interface CutPlace {
  /** LSN of the last record that is left. */
  readonly lastLsn: number;
  /** LSN where the segment begins that ends all before it. */
  readonly firstLsn: number;
  /** Checksum that this segment must name. */
  readonly previous: number;
  /** The frame of which it keeps a part; absent if the cut is between frames. */
  readonly split?: Frame;
}

/** What a cut needs to know of a log. */
export interface CutLog {
  readonly storage: Storage;
  readonly segments: readonly SegmentName[];
  /** LSN of the oldest record kept. */
  readonly firstLsn: number;
  readonly lookup: Pick<SegmentLookup, "find">;
  /** The log's id. */
  readonly log: string;
  readonly pace: Pace;
}

/** Finds where a log continues once it ends with record `lastLsn`. */
export async function findCut(
  log: CutLog,
  lastLsn: number,
): Promise<CutPlace> {
  const { firstLsn } = log;
  if (lastLsn < firstLsn) return { lastLsn, firstLsn, previous: 0 };
  const { frame, link } = await findLastFrame(log, lastLsn);
  const end = frame.firstLsn + lsnsOf(frame);
  if (end > lastLsn + 1) {
    return { lastLsn, firstLsn: frame.firstLsn, previous: link, split: frame };
  }
  const previous = frame.hole?.resumes ?? frame.checksum;
  return { lastLsn, firstLsn: end, previous };
}

async function findLastFrame(
  log: CutLog,
  lsn: number,
): Promise<LastFrame> {
  const { segments, lookup } = log;
  const at = lastUpTo(lsn, segments.length, (at) => segments[at].firstLsn);
  // Only a repair leaves holes that skip nothing, and changes links.
  const isRepaired = (segments[at].revision ?? 0) > 0;
  const run = isRepaired
    ? undefined
    : await lookup.find(segments, at, lsn, lsn);
  const frame = run?.frames[0];
  return frame !== undefined
    ? { frame, link: frame.previous }
    : await walkTo(log, at, lsn);
}

/** Reads a segment from its start; reports any damage on the way. */
async function walkTo(
  { storage, segments, log, pace }: CutLog,
  at: number,
  lsn: number,
): Promise<LastFrame> {
  const end = segments[at + 1]?.firstLsn ?? Infinity;
  const cursor = await SegmentCursor.open(storage, segments[at], log, pace);
  try {
    const chain: ChainEnd = cursor.place;
    const frames = cursor.frames(end);
    let step = await frames.next();
    for (; !step.done; step = await frames.next()) {
      for (const frame of step.value) {
        const { link } = chain;
        advance(chain, frame);
        if (chain.nextLsn > lsn) return { frame, link };
      }
    }
    invariant(step.value !== undefined, "a record outside of its segment");
    throw missingRecord(cursor.reader.path, cursor.nextLsn, step.value!);
  } finally {
    await cursor.close();
  }
}

/** A segment that ends a log, and the link after what it holds. */
export interface CutSegment extends CreatedSegment {
  /** Size of its file in bytes. */
  readonly bytes: number;
  readonly link: number;
}

/**
 * Announces a cut in a new epoch of the same owner, and makes it true; the log
 * is synced. Without space it throws `StorageFullError`, and nothing was cut.
 */
export async function createCut(
  storage: Storage,
  owner: LogOwner,
  place: CutPlace,
  { lastLsn, supply }: {
    /** LSN of the last record before the cut. */
    readonly lastLsn: number;
    /** What is kept for reuse, and makes room if there is none. */
    readonly supply: SegmentSupply;
  },
): Promise<CutSegment> {
  const { cuts, durableLsn } = owner.manifest;
  await owner.renew((epoch) => ({
    baseLsn: lastLsn,
    durableLsn: place.lastLsn,
    rewriteLsn: place.firstLsn,
    cuts: addCut(cuts ?? [], { at: epoch, lastLsn: place.lastLsn }),
  }));
  const create = () => createCutSegment(storage, owner, place);
  try {
    return await create()
      .catch((error) => supply.makeRoom(error).then(create));
  } catch (error) {
    if (error instanceof StorageFullError) {
      await owner.write(() => ({ rewriteLsn: 0, cuts, durableLsn }));
    }
    throw error;
  }
}

/**
 * Creates the segment that makes a cut true: once its name is durable, nothing
 * that earlier epochs wrote from its first record on belongs to the log. It
 * holds what is kept of a frame that the cut splits.
 */
async function createCutSegment(
  storage: Storage,
  { log, epoch, lock }: LogOwner,
  { lastLsn, firstLsn, previous, split }: CutPlace,
): Promise<CutSegment> {
  let link = previous;
  const created = await createSegment(storage, lock, {
    log,
    epoch,
    firstLsn,
    previous,
    ...(split !== undefined && {
      async fill(file, offset, salt) {
        const chain = { salt, previous };
        const { bytes, link: after } = splitFrame(split, lastLsn, chain);
        link = after;
        await writeAll(file, bytes, offset);
        return offset + bytes.length;
      },
    }),
  });
  return { ...created, bytes: created.offset, link };
}

/**
 * A frame with the records of `split` up to `lastLsn`, and nothing else of it;
 * and the link after it.
 */
export function splitFrame(
  split: Frame,
  lastLsn: number,
  { salt, previous }: Pick<ChainEnd, "salt" | "previous">,
): { bytes: Uint8Array; link: number } {
  const { firstLsn, time, kind } = split;
  const { payload, hole } = keptOf(split, lastLsn);
  const { bytes, checksum } = makeFrame(payload, {
    salt,
    previous,
    firstLsn,
    syncedLsn: hole ? lastLsn : firstLsn - 1,
    count: hole ? 0 : lastLsn - firstLsn + 1,
    time,
    kind,
  });
  return { bytes, link: hole?.resumes ?? checksum };
}

/** The payload of a frame up to record `lastLsn`. */
function keptOf(
  { hole, kind, firstLsn, payload }: Frame,
  lastLsn: number,
): { payload: Uint8Array; hole?: { resumes: number } } {
  const count = lastLsn - firstLsn + 1;
  if (hole !== undefined) {
    const { resumes } = hole;
    return { payload: encodeHole({ resumes, lost: count }), hole };
  }
  invariant(kind === KIND.records, "a cut in a frame without records");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  let end = 0;
  for (let kept = 0; kept < count; kept++) {
    end += RECORD_HEADER_BYTES + view.getUint32(end, true);
  }
  return { payload: payload.subarray(0, end) };
}
