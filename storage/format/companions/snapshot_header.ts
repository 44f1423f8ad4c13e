import {
  decodeEnvelope,
  decodeLogId,
  encodeEnvelope,
  encodeLogId,
  type EnvelopeFault,
  type EnvelopeKind,
} from "../envelope.ts";
import { getUint64, setUint64 } from "../frame.ts";

/*
 *  0      8         12      16    32      40    48       56        124
 *  +------+---------+-------+-----+-------+-----+--------+- zeros -+
 *  | magic| version | flags | log | epoch | lsn | length |  * 56:   |
 *  +------+---------+-------+-----+-------+-----+--------+ content -+
 *                                     checksum of the content, a u32 at 56;
 *                                     checksum of the header at 124
 */

/** Bytes of a snapshot's header; its content follows. */
export const SNAPSHOT_HEADER_BYTES = 128;

const KIND: EnvelopeKind = {
  magic: "SYNCSNAP",
  length: SNAPSHOT_HEADER_BYTES,
  subject: "snapshot",
};

/** What a snapshot's file says about itself. */
export interface SnapshotHeader {
  /** The log's id, 32 hexadecimal digits; zeros if the log has none. */
  readonly log: string;
  /** Number of the opening that made it; equals the one in the name. */
  readonly epoch: number;
  /** LSN of the last record that it covers; equals the one in the name. */
  readonly lsn: number;
  /** Bytes of the content. */
  readonly length: number;
  /** CRC-32 of the content. */
  readonly checksum: number;
}

/** Lays out a snapshot's header. */
export function encodeSnapshotHeader(header: SnapshotHeader): Uint8Array {
  return encodeEnvelope(KIND, (view, bytes) => {
    encodeLogId(bytes, 16, header.log);
    setUint64(view, 32, header.epoch);
    setUint64(view, 40, header.lsn);
    setUint64(view, 48, header.length);
    view.setUint32(56, header.checksum, true);
  });
}

/** Decodes a snapshot's header, or returns why it cannot be used. */
export function decodeSnapshotHeader(
  bytes: Uint8Array,
): SnapshotHeader | EnvelopeFault {
  const view = decodeEnvelope(bytes, KIND);
  if ("fault" in view) return view;
  return {
    log: decodeLogId(bytes, 16),
    epoch: getUint64(view, 32),
    lsn: getUint64(view, 40),
    length: getUint64(view, 48),
    checksum: view.getUint32(56, true),
  };
}
