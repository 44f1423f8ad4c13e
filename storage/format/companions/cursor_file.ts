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
 * A cursor's file: three slots, and a mark, each at the start of a block.
 *
 *  0        4096     8192     12288
 *  +--------+--------+--------+------+
 *  | slot 0 | slot 1 | slot 2 | mark |
 *  +--------+--------+--------+------+ 12352
 *
 *  Slot:
 *  0      8         12      16    32         40    48      56
 *  +------+---------+-------+-----+----------+-----+-------+-----------+
 *  | magic| version | flags | log | sequence | lsn | epoch | confirmed |
 *  +------+---------+-------+-----+----------+-----+-------+-----------+
 *  64         68        92
 *  +----------+- zeros -+----------+
 *  | consumer |         | checksum |
 *  +----------+---------+----------+ 96
 *
 *  Mark: magic, version, flags, log, the sequence of a slot that is durable,
 *  zeros, and a checksum at 60.
 */

/** Bytes between two slots: no device writes two of them in one sector. */
const BLOCK_BYTES = 4096;

/** Number of slots. */
const SLOTS = 3;

const SLOT: EnvelopeKind = {
  magic: "SYNCCURS",
  length: 96,
  subject: "cursor",
};

const MARK: EnvelopeKind = { magic: "SYNCMARK", length: 64, subject: "cursor" };

const MARK_OFFSET = SLOTS * BLOCK_BYTES;

/** Bytes of a cursor's file. */
export const CURSOR_BYTES = MARK_OFFSET + MARK.length;

/** One commit of a cursor. */
export interface CursorCommit {
  /** The log's id, 32 hexadecimal digits; zeros if the log has none. */
  readonly log: string;
  /** Number of the commit, from 1 on. */
  readonly sequence: number;
  /** LSN of the last record that needs not be seen again. */
  readonly lsn: number;
  /** The log's epoch when the record was read; 0 if unknown. */
  readonly epoch: number;
  /** Number of the last commit that was durable when this was written. */
  readonly confirmed: number;
  /** Random: distinguishes consumers that commit at the same time. */
  readonly consumer: number;
}

/** What a cursor's file says. */
export interface CursorState {
  /** The last commit that is whole. */
  readonly newest: CursorCommit;
  /** Number of the last commit that is known to be durable. */
  readonly confirmed: number;
  /** The LSNs of which a crash can leave the cursor at one, and no other. */
  readonly places: readonly number[];
  /** The commits by slot; `undefined` where none is whole. */
  readonly slots: readonly (CursorCommit | undefined)[];
}

/** The bytes of a cursor's file, all of it, with up to three commits. */
export function encodeCursor(...commits: readonly CursorCommit[]): Uint8Array {
  const bytes = new Uint8Array(CURSOR_BYTES);
  commits.forEach((commit, slot) => {
    bytes.set(encodeCommit(commit), slot * BLOCK_BYTES);
  });
  return bytes;
}

/** The bytes of a commit, for the start of a slot. */
export function encodeCommit(commit: CursorCommit): Uint8Array {
  return encodeEnvelope(SLOT, (view, bytes) => {
    encodeLogId(bytes, 16, commit.log);
    setUint64(view, 32, commit.sequence);
    setUint64(view, 40, commit.lsn);
    setUint64(view, 48, commit.epoch);
    setUint64(view, 56, commit.confirmed);
    view.setUint32(64, commit.consumer, true);
  });
}

/** The bytes of the mark that says that `commit` is durable, and where. */
export function encodeMark(
  { log, sequence }: CursorCommit,
): { bytes: Uint8Array; offset: number } {
  const bytes = encodeEnvelope(MARK, (view, bytes) => {
    encodeLogId(bytes, 16, log);
    setUint64(view, 32, sequence);
  });
  return { bytes, offset: MARK_OFFSET };
}

/** Decodes a cursor's file, or returns why it cannot be used. */
export function decodeCursor(bytes: Uint8Array): CursorState | EnvelopeFault {
  const found = Array.from(
    { length: SLOTS },
    (_, index) => decodeCommit(bytes.subarray(index * BLOCK_BYTES)),
  );
  const faults = found.filter((one) => "fault" in one);
  // What another version wrote may be the newest.
  const fault = faults.find((one) => one.fault === "version") ??
    (faults.length === SLOTS ? faults[0] : undefined);
  if (fault !== undefined) return fault;
  const slots = found.map((one) => "fault" in one ? undefined : one);
  const commits = slots.filter((one) => one !== undefined);
  const newest = commits.reduce((a, b) => b.sequence > a.sequence ? b : a);
  const mark = decodeMark(bytes.subarray(MARK_OFFSET), newest.log);
  const declared = commits.map((one) => one.confirmed);
  const confirmed = Math.max(mark, ...declared);
  const places = commits
    .filter((one) => one === newest || one.sequence >= confirmed)
    .map(({ lsn }) => lsn);
  return { newest, confirmed, places, slots };
}

/**
 * Offset of the slot to write the next commit to; `undefined` if there is none.
 * Each commit from `confirmed` on may be the one that a consumer relies on,
 * except those that have failed, as `isFailed` says.
 */
export function freeSlot(
  { slots }: CursorState,
  confirmed: number,
  isFailed: (commit: CursorCommit) => boolean,
): number | undefined {
  const free = slots.findIndex((commit) =>
    commit === undefined || commit.sequence < confirmed || isFailed(commit)
  );
  return free < 0 ? undefined : free * BLOCK_BYTES;
}

function decodeCommit(bytes: Uint8Array): CursorCommit | EnvelopeFault {
  const view = decodeEnvelope(bytes, SLOT);
  if ("fault" in view) return view;
  return {
    log: decodeLogId(bytes, 16),
    sequence: getUint64(view, 32),
    lsn: getUint64(view, 40),
    epoch: getUint64(view, 48),
    confirmed: getUint64(view, 56),
    consumer: view.getUint32(64, true),
  };
}

/** Number of the commit that the mark names; 0 without a whole mark. */
function decodeMark(bytes: Uint8Array, log: string): number {
  const view = decodeEnvelope(bytes, MARK);
  if ("fault" in view || decodeLogId(bytes, 16) !== log) return 0;
  return getUint64(view, 32);
}
