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

const KIND: EnvelopeKind = {
  magic: "SYNCMANI",
  length: MANIFEST_BYTES,
  subject: "manifest",
};

/**
 * What an owner knows about the whole log. It is kept apart from the segments,
 * so that missing segments are noticed.
 */
export interface Manifest {
  /** The log's id, 32 hexadecimal digits. */
  log: string;
  /** Number of the opening that wrote it; each has one manifest. */
  epoch: number;
  /** LSN of the oldest record kept: everything below is dropped. */
  firstLsn: number;
  /**
   * LSN of the last record when this epoch began. Frames of lower epochs count
   * up to it; any after it were written by a displaced owner.
   */
  baseLsn: number;
  /** All records from `firstLsn` to here were durable when it was written. */
  durableLsn: number;
  /**
   * LSN from which this epoch's segment replaces all older ones up to
   * `baseLsn`, as soon as one that begins there exists; 0 for none.
   */
  rewriteLsn: number;
  /** The highest time of any frame, in ms since 1970. */
  time: number;
  /** If closed: the checksum that the frame after `durableLsn` must name. */
  link: number;
  /** Whether the log was closed cleanly and ended with `durableLsn`. */
  closed: boolean;
}

/** Lays out a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return encodeEnvelope(KIND, (view, bytes) => {
    encodeLogId(bytes, 16, manifest.log);
    setUint64(view, 32, manifest.epoch);
    setUint64(view, 40, manifest.firstLsn);
    setUint64(view, 48, manifest.baseLsn);
    setUint64(view, 56, manifest.durableLsn);
    setUint64(view, 64, manifest.rewriteLsn);
    setUint64(view, 72, manifest.time);
    view.setUint32(80, manifest.link, true);
    view.setUint32(84, manifest.closed ? 1 : 0, true);
  });
}

/** Decodes a manifest, or returns why it cannot be used. */
export function decodeManifest(bytes: Uint8Array): Manifest | EnvelopeFault {
  const view = decodeEnvelope(bytes, KIND);
  if ("fault" in view) return view;
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
