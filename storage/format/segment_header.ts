import { crc32 } from "./crc32.ts";
import { decodeLogId, encodeLogId, getUint64, setUint64 } from "./envelope.ts";

/*
 *  0          8         12      16         24      32     36       40     56 60
 *  +----------+---------+-------+----------+-------+------+--------+------+--+-----+
 *  | magic    | version | flags | firstLsn | epoch | salt |previous| log  |0 |check|
 *  +----------+---------+-------+----------+-------+------+--------+------+--+-----+
 */

/** Bytes of a segment before its first frame. */
export const SEGMENT_HEADER_BYTES = 64;

/** The format that this library writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;

const MAGIC = "SYNCLINE";

/** Flags that a reader has to know; the upper 16 may be ignored. */
const REQUIRED_FLAGS = 0xffff;

/** What a segment says of itself before its first frame. */
export interface SegmentHeader {
  /** LSN of the first record that the segment is for. */
  firstLsn: number;
  /** Number of the opening that made it; rises with every opening. */
  epoch: number;
  /** Random; repeated by each of the segment's frames. */
  salt: number;
  /** Checksum of the last frame of the segment before; 0 if there was none. */
  previous: number;
  /** The log's own id, 32 hexadecimal digits; the same in all its segments. */
  log: string;
}

/** Why a segment's header cannot be used. */
export interface SegmentFault {
  /** Short, no magic, damaged, or of a format of its own. */
  fault: "short" | "magic" | "checksum" | "version";
  /** What the reader expected, for a message. */
  expected: string;
  /** What it found, for a message. */
  found: string;
}

/** Lays out a segment's header. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 8; at++) bytes[at] = MAGIC.charCodeAt(at);
  view.setUint32(8, FORMAT_VERSION, true);
  setUint64(view, 16, header.firstLsn);
  setUint64(view, 24, header.epoch);
  view.setUint32(32, header.salt, true);
  view.setUint32(36, header.previous, true);
  encodeLogId(bytes, 40, header.log);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

/** Decodes what {@linkcode encodeSegmentHeader} laid out, or says why not. */
export function decodeSegmentHeader(
  bytes: Uint8Array,
): SegmentHeader | SegmentFault {
  if (bytes.length < SEGMENT_HEADER_BYTES) {
    return fault("short", `${SEGMENT_HEADER_BYTES} bytes`, `${bytes.length}`);
  }
  const magic = String.fromCharCode(...bytes.subarray(0, 8));
  if (magic !== MAGIC) {
    return fault("magic", `"${MAGIC}"`, JSON.stringify(magic));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint32(8, true);
  // Every version has this checksum here, so that a flipped bit in the version
  // is damage and not another version.
  const checksum = view.getUint32(60, true);
  const actual = crc32(bytes.subarray(0, 60));
  if (checksum !== actual) return fault("checksum", `${checksum}`, `${actual}`);
  if (version !== FORMAT_VERSION) {
    return fault("version", `version ${FORMAT_VERSION}`, `version ${version}`);
  }
  const flags = view.getUint32(12, true) & REQUIRED_FLAGS;
  if (flags !== 0) {
    return fault("version", "no flags", `segment flags ${flags}`);
  }
  return {
    firstLsn: getUint64(view, 16),
    epoch: getUint64(view, 24),
    salt: view.getUint32(32, true),
    previous: view.getUint32(36, true),
    log: decodeLogId(bytes, 40),
  };
}

function fault(
  fault: SegmentFault["fault"],
  expected: string,
  found: string,
): SegmentFault {
  return { fault, expected, found };
}
