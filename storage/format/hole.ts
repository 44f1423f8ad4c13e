import type { FrameHeader } from "./frame.ts";
import { getUint64, setUint64 } from "./uint64.ts";

/*
 *  0          4        12
 *  +----------+--------+   what a frame of no record and 12 bytes holds
 *  | resumes  | lost   |
 *  +----------+--------+
 */

/** Bytes that a hole has in place of records. */
export const HOLE_BYTES = 12;

/** Records that are lost for good, as somebody chose to go on without them. */
export interface Hole {
  /** Checksum that the next frame names as that of the frame before. */
  resumes: number;
  /** Number of records; 0 if none is, and the chain only goes on elsewhere. */
  lost: number;
}

/** Lays out what a hole holds. */
export function encodeHole({ resumes, lost }: Hole): Uint8Array {
  const bytes = new Uint8Array(HOLE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, resumes, true);
  setUint64(view, 4, lost);
  return bytes;
}

/**
 * The hole in a frame of no record, or `undefined` if there is none. It has to
 * declare all that it skips synced, so that its count stands there twice.
 */
export function decodeHole(
  payload: Uint8Array,
  { firstLsn, syncedLsn }: Pick<FrameHeader, "firstLsn" | "syncedLsn">,
): Hole | undefined {
  if (payload.length !== HOLE_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, HOLE_BYTES);
  const resumes = view.getUint32(0, true);
  const lost = getUint64(view, 4);
  const last = firstLsn + lost - 1;
  return Number.isSafeInteger(last) && syncedLsn === last
    ? { resumes, lost }
    : undefined;
}
