import { crc32 } from "./crc32.ts";
import { decodeLogId, encodeLogId, getUint64, setUint64 } from "./envelope.ts";

/*
 *  0      8         12      16     32      40         48        56
 *  +------+---------+-------+------+-------+----------+---------+------------+
 *  | magic| version | flags | log  | epoch | firstLsn | baseLsn | durableLsn |
 *  +------+---------+-------+------+-------+----------+---------+------------+
 *  64           72     80     84       88         124
 *  +------------+------+------+--------+-- zeros --+----------+
 *  | rewriteLsn | time | link | closed |           | checksum |
 *  +------------+------+------+--------+-----------+----------+ 128
 */

/** Bytes of a manifest. */
export const MANIFEST_BYTES = 128;

const MAGIC = "SYNCMANI";
const VERSION = 1;
const REQUIRED_FLAGS = 0xffff;

/**
 * What an owner knows of the whole log, kept apart from its segments: what is
 * missing from them is noticed by it.
 */
export interface Manifest {
  /** The log's own id, 32 hexadecimal digits. */
  log: string;
  /** Number of the opening that wrote it; there is one manifest for each. */
  epoch: number;
  /** LSN of the oldest record kept: whatever lies below is dropped. */
  firstLsn: number;
  /**
   * LSN of the last record when this epoch began. Frames of lower epochs count
   * up to it: what lies behind was written by an owner that was overtaken.
   */
  baseLsn: number;
  /** All records from `firstLsn` to here were durable when it was written. */
  durableLsn: number;
  /**
   * LSN from which this epoch's segment takes the place of all older ones up to
   * `baseLsn`, as soon as there is one that begins there; 0 for none.
   */
  rewriteLsn: number;
  /** The highest time that a frame had, in ms since 1970. */
  time: number;
  /** If closed: checksum that the frame behind `durableLsn` has to name. */
  link: number;
  /** Whether the log was closed cleanly, with `durableLsn` as its last record. */
  closed: boolean;
}

/** Why a manifest cannot be used. */
export interface ManifestFault {
  /** Short, no magic, damaged, or of a format of its own. */
  fault: "short" | "magic" | "checksum" | "version";
  /** What the reader expected, for a message. */
  expected: string;
  /** What it found, for a message. */
  found: string;
}

/** Lays out a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const bytes = new Uint8Array(MANIFEST_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 8; at++) bytes[at] = MAGIC.charCodeAt(at);
  view.setUint32(8, VERSION, true);
  encodeLogId(bytes, 16, manifest.log);
  setUint64(view, 32, manifest.epoch);
  setUint64(view, 40, manifest.firstLsn);
  setUint64(view, 48, manifest.baseLsn);
  setUint64(view, 56, manifest.durableLsn);
  setUint64(view, 64, manifest.rewriteLsn);
  setUint64(view, 72, manifest.time);
  view.setUint32(80, manifest.link, true);
  view.setUint32(84, manifest.closed ? 1 : 0, true);
  view.setUint32(124, crc32(bytes.subarray(0, 124)), true);
  return bytes;
}

/** Decodes what {@linkcode encodeManifest} laid out, or says why not. */
export function decodeManifest(bytes: Uint8Array): Manifest | ManifestFault {
  if (bytes.length < MANIFEST_BYTES) {
    return fault("short", `${MANIFEST_BYTES} bytes`, `${bytes.length}`);
  }
  const magic = String.fromCharCode(...bytes.subarray(0, 8));
  if (magic !== MAGIC) {
    return fault("magic", `"${MAGIC}"`, JSON.stringify(magic));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const checksum = view.getUint32(124, true);
  const actual = crc32(bytes.subarray(0, 124));
  if (checksum !== actual) return fault("checksum", `${checksum}`, `${actual}`);
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    return fault("version", `version ${VERSION}`, `version ${version}`);
  }
  const flags = view.getUint32(12, true) & REQUIRED_FLAGS;
  if (flags !== 0) {
    return fault("version", "no flags", `manifest flags ${flags}`);
  }
  return {
    log: decodeLogId(bytes, 16),
    epoch: getUint64(view, 32),
    firstLsn: getUint64(view, 40),
    baseLsn: getUint64(view, 48),
    durableLsn: getUint64(view, 56),
    rewriteLsn: getUint64(view, 64),
    time: getUint64(view, 72),
    link: view.getUint32(80, true),
    closed: view.getUint32(84, true) === 1,
  };
}

function fault(
  fault: ManifestFault["fault"],
  expected: string,
  found: string,
): ManifestFault {
  return { fault, expected, found };
}
