import {
  decodeEnvelope,
  decodeLogId,
  encodeEnvelope,
  encodeLogId,
  type EnvelopeFault,
  type EnvelopeKind,
} from "./envelope.ts";
import { getUint64, setUint64 } from "./frame.ts";

/*
 *  0       8         12      16         24      32     36         40
 *  +-------+---------+-------+----------+-------+------+----------+
 *  | magic | version | flags | firstLsn | epoch | salt | previous |
 *  +-------+---------+-------+----------+-------+------+----------+
 *  40    56      60         64
 *  +-----+-------+----------+
 *  | log | zeros | checksum |
 *  +-----+-------+----------+
 */

/** Bytes of a segment's header, which its first frame follows. */
export const SEGMENT_HEADER_BYTES = 64;

const KIND: EnvelopeKind = {
  magic: "SYNCLINE",
  length: SEGMENT_HEADER_BYTES,
  subject: "segment",
};

/** The header of a segment. */
export interface SegmentHeader {
  /** LSN of the segment's first record. */
  firstLsn: number;
  /** Number of the opening that made it; each opening has a higher one. */
  epoch: number;
  /** A random number, repeated in each frame of the segment. */
  salt: number;
  /** Checksum of the previous segment's last frame; 0 if there is none. */
  previous: number;
  /** The log's id, 32 hexadecimal digits; the same in all segments. */
  log: string;
}

/** Lays out a segment's header. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  return encodeEnvelope(KIND, (view, bytes) => {
    setUint64(view, 16, header.firstLsn);
    setUint64(view, 24, header.epoch);
    view.setUint32(32, header.salt, true);
    view.setUint32(36, header.previous, true);
    encodeLogId(bytes, 40, header.log);
  });
}

/** Decodes a segment's header, or returns why it cannot be used. */
export function decodeSegmentHeader(
  bytes: Uint8Array,
): SegmentHeader | EnvelopeFault {
  const view = decodeEnvelope(bytes, KIND);
  if ("fault" in view) return view;
  return {
    firstLsn: getUint64(view, 16),
    epoch: getUint64(view, 24),
    salt: view.getUint32(32, true),
    previous: view.getUint32(36, true),
    log: decodeLogId(bytes, 40),
  };
}
