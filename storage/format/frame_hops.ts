import {
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  frameBytes,
  getUint64,
  HOLE_BYTES,
  KIND,
  MAX_FRAME_BYTES,
  META_FLAG,
  RECORD_HEADER_BYTES,
  unknownFeature,
} from "./frame.ts";

/** Bytes of a frame that a hop looks at: the header and a hole's payload. */
export const HOP_BYTES = FRAME_HEADER_BYTES + HOLE_BYTES;

/** Where hops begin. */
export interface HopStart {
  /** Salt of the segment. */
  salt: number;
  /** First LSN of the next frame. */
  nextLsn: number;
  /** Checksum that the next frame must name, if it is known. */
  previous?: number | undefined;
}

/**
 * Passes from frame to frame by their headers alone, as long as these agree
 * with one another. It verifies no checksum, so it only shows where a frame
 * should be; whoever uses one has to decode it.
 */
export class FrameHops {
  /** First LSN of the next frame. */
  nextLsn: number;
  /** First LSN of the frame passed last. */
  firstLsn: number;
  /** Kind of the frame passed last. */
  kind: number = KIND.records;
  /** Checksum that the next frame must name, if it is known. */
  #previous: number | undefined;
  readonly #salt: number;

  /** Begins before a frame. */
  constructor({ salt, nextLsn, previous }: HopStart) {
    this.#salt = salt;
    this.#previous = previous;
    this.nextLsn = nextLsn;
    this.firstLsn = nextLsn;
  }

  /**
   * Passes the frame at `at`, of which `HOP_BYTES` must be there, and returns
   * its length; 0 if it cannot be the next one.
   */
  pass(view: DataView, at: number): number {
    const length = view.getUint32(at + 36, true);
    const previous = view.getUint32(at + 12, true);
    if (
      view.getUint32(at, true) !== FRAME_MAGIC ||
      view.getUint32(at + 8, true) !== this.#salt ||
      getUint64(view, at + 16) !== this.nextLsn ||
      (this.#previous !== undefined && previous !== this.#previous) ||
      length > MAX_FRAME_BYTES
    ) return 0;
    const kind = view.getUint8(at + 46);
    const flags = view.getUint8(at + 47);
    const lsns = (kind | flags) === KIND.records
      ? recordsIn(view, at, length)
      : this.#lsns(view, at, length, { kind, flags });
    if (lsns < 0) return 0;
    this.kind = kind;
    this.firstLsn = this.nextLsn;
    this.nextLsn += lsns;
    if (kind === KIND.records) this.#previous = view.getUint32(at + 4, true);
    else if (kind === KIND.hole) {
      this.#previous = view.getUint32(at + FRAME_HEADER_BYTES, true);
    } else this.#previous = previous;
    return frameBytes(length);
  }

  /** LSNs that a frame takes; below 0 if its header contradicts itself. */
  #lsns(
    view: DataView,
    at: number,
    length: number,
    feature: { kind: number; flags: number },
  ): number {
    const { kind } = feature;
    if (unknownFeature(feature) !== undefined) return -1;
    if (kind === KIND.records) {
      return recordsIn(view, at, length, feature.flags & META_FLAG);
    }
    if (kind !== KIND.hole) return 0;
    const lost = getUint64(view, at + FRAME_HEADER_BYTES + 4);
    const last = this.nextLsn + lost - 1;
    const isSound = length === HOLE_BYTES && Number.isSafeInteger(last) &&
      getUint64(view, at + 24) === last;
    return isSound ? lost : -1;
  }
}

/**
 * Records of a frame of `length` bytes, with `others` more entries; below 0 if
 * they cannot fit.
 */
function recordsIn(
  view: DataView,
  at: number,
  length: number,
  others = 0,
): number {
  const count = view.getUint32(at + 32, true);
  const isFilled = (count + others) * RECORD_HEADER_BYTES <= length;
  return count > 0 && isFilled ? count : -1;
}
