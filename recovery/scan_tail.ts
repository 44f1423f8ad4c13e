import { FRAME_MAGIC } from "../storage/format/frame.ts";
import { SegmentCursor } from "../storage/segment_cursor.ts";
import {
  type PlacedFrame,
  readFully,
  type SegmentReader,
  type SegmentStop,
} from "../storage/segment_reader.ts";
import type { TailEvidence } from "./decide_tail.ts";

/** What a scan of one segment found. */
export interface SegmentScan extends TailEvidence {
  /** Number of frames that link. */
  readonly frames: number;
  /** LSN of the last record that links; one below the first if none does. */
  readonly lastLsn: number;
  /** The highest LSN that a frame here declares synced. */
  readonly syncedLsn: number;
  /** Checksum of the last frame that links. */
  readonly checksum: number;
  /** Whether the last frame that links marks a clean close. */
  readonly closed: boolean;
  /** Where and why the chain ends. */
  readonly stop: SegmentStop;
  /** Bytes of the segment's file. */
  readonly bytes: number;
}

const STEP_BYTES = 1024 * 1024;

/** Follows a segment's frames to where they end, and looks at what is behind. */
export async function scanSegment(
  reader: SegmentReader,
): Promise<SegmentScan> {
  const cursor = new SegmentCursor(reader);
  const chain = cursor.frames();
  let frames = 0;
  let last: PlacedFrame | undefined;
  let step = await chain.next();
  for (; !step.done; step = await chain.next()) {
    frames += step.value.length;
    last = step.value[step.value.length - 1];
  }
  const stop = step.value as SegmentStop;
  const bytes = await reader.file.size();
  return {
    frames,
    lastLsn: cursor.nextLsn - 1,
    syncedLsn: last?.syncedLsn ?? reader.header.firstLsn - 1,
    checksum: cursor.previous,
    closed: last?.count === 0,
    stop,
    bytes,
    ...await lookBehind(reader, stop.offset, cursor.nextLsn),
  };
}

/** Looks for any byte, and for a frame that declares `lsn` synced. */
async function lookBehind(
  reader: SegmentReader,
  offset: number,
  lsn: number,
): Promise<TailEvidence> {
  let remainder: TailEvidence["remainder"] = "nothing";
  for (let at = offset;; at += STEP_BYTES) {
    // Frames begin at multiples of 8; the overlap is a magic and a salt.
    const bytes = await readFully(reader.file, at, STEP_BYTES + 16);
    if (bytes.length > 0 && remainder === "nothing") remainder = "zeros";
    if (remainder !== "bytes" && bytes.some((byte) => byte !== 0)) {
      remainder = "bytes";
    }
    for (const candidate of candidates(bytes, reader.header.salt)) {
      if (candidate >= STEP_BYTES) break;
      const frame = await frameAt(reader, at + candidate);
      if (frame !== undefined && frame.syncedLsn >= lsn) {
        return { remainder, witness: true };
      }
    }
    if (bytes.length < STEP_BYTES + 16) return { remainder, witness: false };
  }
}

function* candidates(bytes: Uint8Array, salt: number): Generator<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 12 <= bytes.length; at += 8) {
    if (view.getUint32(at, true) !== FRAME_MAGIC) continue;
    if (view.getUint32(at + 8, true) === salt) yield at;
  }
}

async function frameAt(
  reader: SegmentReader,
  offset: number,
): Promise<PlacedFrame | undefined> {
  for await (const frames of reader.frames(offset)) return frames[0];
}
