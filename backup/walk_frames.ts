import {
  CorruptLogError,
  describeFault,
  missingRecord,
} from "../storage/corrupt_log_error.ts";
import {
  faultOfRecords,
  type Frame,
  KIND,
  type LogMeta,
  lsnsOf,
  metaOf,
  newerMeta,
} from "../storage/format/mod.ts";
import {
  advance,
  brokenLink,
  bytesOf,
  type ChainPlace,
  type SegmentCursor,
  type SegmentStop,
} from "../storage/segments/mod.ts";
import type { MaybePromise } from "../storage/storage.ts";

/** How far to walk, and what to do on the way. */
export interface WalkOptions {
  /** LSN before which to end. */
  readonly end: number;
  /** Whether a frame may reach beyond `end`: it is left out. */
  readonly maySplit?: boolean | undefined;
  /** Ends the walk. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the bytes of frames that follow one another from `offset` on. */
  readonly pass?: (bytes: Uint8Array, offset: number) => MaybePromise<void>;
  /** Receives each frame that takes LSNs. */
  readonly see?: ((frame: Frame) => void) | undefined;
}

/** What was found on the way. */
export interface Walked {
  /** The place after the last frame that takes LSNs. */
  readonly place: ChainPlace;
  /** Where the frames end, with those that take none, such as a seal. */
  readonly offset: number;
  /** The last frame that takes LSNs. */
  readonly last: Pick<Frame, "offset" | "checksum" | "time"> | undefined;
  /** The newest metadata. */
  readonly meta: LogMeta | undefined;
  /** The frame that reaches beyond `end`, if there is one. */
  readonly split: Frame | undefined;
}

/**
 * Follows the frames of a segment and checks each of them: its checksum, that
 * it is the next one, and its records. What it passes on is what was checked,
 * whatever becomes of the file. Throws `CorruptLogError` if a record before
 * `end` is damaged or missing.
 */
export async function walkFrames(
  cursor: SegmentCursor,
  options: WalkOptions,
): Promise<Walked> {
  const { end, signal, pass, see } = options;
  const { path } = cursor.reader;
  let place = cursor.place;
  const chain = { ...place };
  let { offset } = place;
  let last: Walked["last"];
  let meta: LogMeta | undefined;
  let split: Frame | undefined;
  let stop: SegmentStop | undefined;
  const runs = cursor.frames();
  try {
    while (split === undefined) {
      signal?.throwIfAborted();
      const { value: frames, done } = await runs.next();
      if (done) {
        stop = frames;
        break;
      }
      const isNext = (frame: Frame) => frame.firstLsn + lsnsOf(frame) <= end;
      const stopAt = frames.findIndex((frame) => !isNext(frame));
      const taken = stopAt === -1 ? frames : frames.slice(0, stopAt);
      for (const frame of taken) {
        requireRecords(path, frame);
        advance(chain, frame);
        offset = frame.offset + frame.bytes;
        if (lsnsOf(frame) === 0) continue;
        place = { ...chain, offset };
        const { checksum, time } = frame;
        last = { offset: frame.offset, checksum, time };
        meta = newerMeta(meta, metaOf(frame));
        see?.(frame);
      }
      if (taken.length > 0) await pass?.(bytesOf(taken), taken[0].offset);
      if (stopAt !== -1) split = frames[stopAt];
    }
  } finally {
    await runs.return(undefined as never);
  }
  if (split !== undefined && split.firstLsn >= end) split = undefined;
  if (split !== undefined) requireRecords(path, split);
  const isThere = place.nextLsn === end || split && options.maySplit;
  if (isThere) return { place, offset, last, meta, split };
  stop = split === undefined ? stop : brokenLink(split, place, end);
  throw missingRecord(path, place.nextLsn, stop!);
}

function requireRecords(path: string, frame: Frame): void {
  if (frame.kind !== KIND.records) return;
  const fault = faultOfRecords(frame);
  if (fault === undefined) return;
  throw new CorruptLogError(path, frame.offset, describeFault(fault));
}
