import { missingRecord } from "../corrupt_log_error.ts";
import type { SegmentName } from "../format/file_names.ts";
import { FRAME_HEADER_BYTES, KIND } from "../format/frame.ts";
import { SEGMENT_HEADER_BYTES } from "../format/segment_header.ts";
import type { SealedSegment } from "../frame_log.ts";
import type { Storage } from "../storage.ts";
import { Pace, type Turns } from "../turns.ts";
import type { LogOwner } from "./log_owner.ts";
import { bytesOf, follows, SegmentCursor } from "./segment_cursor.ts";
import type { SegmentList } from "./segment_list.ts";
import { readFully } from "./segment_reader.ts";

/** What is known of a log whose sealed segments are listed. */
interface ListedLog {
  /** Its owner. */
  readonly owner: Pick<LogOwner, "log" | "check" | "manifest">;
  /** LSN of its last record. */
  readonly lastLsn: number;
  /** The segment that frames are written to, if there is one: the last. */
  readonly active: unknown;
  /** Rewrites the end, if recovery still has to do that. */
  readonly finish: unknown;
  /** The turns that long reads give way to. */
  readonly turns: Turns | undefined;
}

/** A segment, and the LSN at which the next one begins. */
interface EndedSegment extends SegmentName {
  readonly end: number;
}

/** Lists the segments that end with record `from` or a later one. */
export function listSealed(
  storage: Storage,
  list: SegmentList,
  from: number,
  { owner, lastLsn, active, finish, turns }: ListedLog,
): SealedSegment[] {
  const { all } = list;
  const endLsn = finish ? owner.manifest.rewriteLsn : lastLsn + 1;
  const ended: EndedSegment[] = [];
  const count = active ? all.length - 1 : all.length;
  for (let at = 0; at < count; at++) {
    const end = all[at + 1]?.firstLsn ?? endLsn;
    // One without a record is about to be removed.
    const isFinal = end <= endLsn && end > all[at].firstLsn;
    if (isFinal && end > from) ended.push({ ...all[at], end });
  }
  return ended.map((segment) => ({
    name: segment.name,
    firstLsn: segment.firstLsn,
    lastLsn: segment.end - 1,
    bytes: list.bytesOf(segment.name),
    async *read() {
      // What was sealed by an owner is part of the log only if it still owned
      // the log after that: otherwise its end may be another one.
      await owner.check();
      yield* readSealed(storage, segment, owner.log, new Pace(turns));
    },
  }));
}

/**
 * Reads a segment up to its end, whatever follows there in its file: frames of
 * a displaced owner, records that were cut off, or zeros. Each piece is whole
 * frames of which each follows the one before.
 */
async function* readSealed(
  storage: Storage,
  segment: EndedSegment,
  log: string,
  pace: Pace,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { end } = segment;
  const cursor = await SegmentCursor.open(storage, segment, log, pace);
  const { reader } = cursor;
  try {
    yield await readFully(
      reader.file,
      0,
      SEGMENT_HEADER_BYTES,
    ) as Uint8Array<ArrayBuffer>;
    const frames = cursor.frames(end);
    let step = await frames.next();
    for (; !step.done; step = await frames.next()) {
      const bytes = bytesOf(step.value);
      yield bytes;
      await pace.spend(bytes.length);
    }
    if (step.value !== undefined) {
      throw missingRecord(reader.path, cursor.nextLsn, step.value);
    }
    yield* readSeal(cursor, end);
  } finally {
    await cursor.close();
  }
}

/** The frames after the last record that take no LSN: marks, and a seal. */
async function* readSeal(
  { reader, place }: SegmentCursor,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const windows = reader.frames(place.offset, FRAME_HEADER_BYTES);
  for await (const frames of windows) {
    const other = frames.findIndex((frame) =>
      frame.count > 0 || frame.kind === KIND.hole ||
      !follows(frame, place, end)
    );
    const taken = other < 0 ? frames : frames.slice(0, other);
    if (taken.length > 0) yield bytesOf(taken);
    if (other >= 0) return;
  }
}
