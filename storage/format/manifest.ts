import {
  decodeEnvelope,
  decodeLogId,
  encodeEnvelope,
  encodeLogId,
  type EnvelopeFault,
  type EnvelopeKind,
} from "./envelope.ts";
import { crc32 } from "./crc32.ts";
import { type Cut, MOST_CUTS } from "./cuts.ts";
import { getUint64, setUint64 } from "./frame.ts";
import { type LogMeta, MAX_META_BYTES } from "./log_meta.ts";

/*
 *  0      8         12      16     32      40         48        56
 *  +------+---------+-------+------+-------+----------+---------+------------+
 *  | magic| version | flags | log  | epoch | firstLsn | baseLsn | durableLsn |
 *  +------+---------+-------+------+-------+----------+---------+------------+
 *  64           72     80     84       88     92          96
 *  +------------+------+------+--------+------+-----------+-------------+
 *  | rewriteLsn | time | link | closed | cuts | metaBytes | metaVersion |
 *  +------------+------+------+--------+------+-----------+-------------+
 *  104            108         124
 *  +--------------+-- zeros --+----------+   then `cuts` pairs of u64, and the
 *  | tailChecksum |           | checksum |   metadata; tailChecksum is of both
 *  +--------------+-----------+----------+ 128
 */

/** Bytes of a manifest, without cuts and metadata. */
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
  /** Where the log was cut back, by epoch; absent if it never was. */
  cuts?: readonly Cut[] | undefined;
  /** The log's metadata, unless a later frame has some; absent without any. */
  meta?: LogMeta | undefined;
  /**
   * Whether a backup wrote it, so that nobody has written to these files as a
   * log since. Absent if not.
   */
  isBackup?: boolean | undefined;
}

/** Flag of a manifest that a backup wrote; those who do not know it ignore it. */
const BACKUP_FLAG = 0x10000;

/** The manifest before the first epoch of a log. */
export function newManifest(log: string, firstLsn: number): Manifest {
  const lastLsn = firstLsn - 1;
  return {
    ...{ log, epoch: 0, firstLsn, baseLsn: lastLsn, durableLsn: lastLsn },
    ...{ rewriteLsn: 0, time: 0, link: 0, closed: false },
  };
}

/** Bytes of a cut. */
const CUT_BYTES = 16;

/** Maximum bytes of a manifest. */
export const MAX_MANIFEST_BYTES = MANIFEST_BYTES + MOST_CUTS * CUT_BYTES +
  MAX_META_BYTES;

/** Lays out a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const { cuts = [], meta } = manifest;
  const tail = encodeTail(cuts, meta);
  const head = encodeEnvelope(KIND, (view, bytes) => {
    if (manifest.isBackup) view.setUint32(12, BACKUP_FLAG, true);
    encodeLogId(bytes, 16, manifest.log);
    setUint64(view, 32, manifest.epoch);
    setUint64(view, 40, manifest.firstLsn);
    setUint64(view, 48, manifest.baseLsn);
    setUint64(view, 56, manifest.durableLsn);
    setUint64(view, 64, manifest.rewriteLsn);
    setUint64(view, 72, manifest.time);
    view.setUint32(80, manifest.link, true);
    view.setUint32(84, manifest.closed ? 1 : 0, true);
    if (cuts.length === 0 && meta === undefined) return;
    view.setUint32(88, cuts.length, true);
    view.setUint32(92, meta?.bytes.length ?? 0, true);
    setUint64(view, 96, meta?.version ?? 0);
    view.setUint32(104, crc32(tail), true);
  });
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

function encodeTail(
  cuts: readonly Cut[],
  meta: LogMeta | undefined,
): Uint8Array {
  const metaAt = cuts.length * CUT_BYTES;
  const tail = new Uint8Array(metaAt + (meta?.bytes.length ?? 0));
  const view = new DataView(tail.buffer);
  for (const [index, { at, lastLsn }] of cuts.entries()) {
    setUint64(view, index * CUT_BYTES, at);
    setUint64(view, index * CUT_BYTES + 8, lastLsn);
  }
  if (meta !== undefined) tail.set(meta.bytes, metaAt);
  return tail;
}

/** Decodes a manifest, or returns why it cannot be used. */
export function decodeManifest(bytes: Uint8Array): Manifest | EnvelopeFault {
  const view = decodeEnvelope(bytes, KIND);
  if ("fault" in view) return view;
  const tail = decodeTail(bytes, view);
  if ("fault" in tail) return tail;
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
    ...((view.getUint32(12, true) & BACKUP_FLAG) !== 0 && { isBackup: true }),
    ...tail,
  };
}

/** What follows the fixed part: cuts and metadata. */
function decodeTail(
  bytes: Uint8Array,
  view: DataView,
): Pick<Manifest, "cuts" | "meta"> | EnvelopeFault {
  const count = view.getUint32(88, true);
  const metaBytes = view.getUint32(92, true);
  const version = getUint64(view, 96);
  const metaAt = MANIFEST_BYTES + count * CUT_BYTES;
  const end = metaAt + metaBytes;
  if (count > MOST_CUTS || metaBytes > MAX_META_BYTES || bytes.length < end) {
    const expected = `${end} bytes, at most ${MAX_MANIFEST_BYTES}`;
    return { fault: "short", expected, found: `${bytes.length}` };
  }
  if (count === 0 && version === 0) return {};
  const checksum = view.getUint32(104, true);
  const actual = crc32(bytes.subarray(MANIFEST_BYTES, end));
  if (checksum !== actual) {
    return { fault: "checksum", expected: `${checksum}`, found: `${actual}` };
  }
  const tail = new DataView(bytes.buffer, bytes.byteOffset + MANIFEST_BYTES);
  const cuts = Array.from({ length: count }, (_, index) => ({
    at: getUint64(tail, index * CUT_BYTES),
    lastLsn: getUint64(tail, index * CUT_BYTES + 8),
  }));
  return {
    ...(count > 0 && { cuts }),
    ...(version > 0 && { meta: { version, bytes: bytes.slice(metaAt, end) } }),
  };
}
