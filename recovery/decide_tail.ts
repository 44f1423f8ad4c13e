import {
  CorruptLogError,
  describeFault,
} from "../storage/corrupt_log_error.ts";
import { hex, type Manifest } from "../storage/format/mod.ts";
import type { FrameIndex, SegmentStop } from "../storage/segments/mod.ts";
import type { Survey } from "./survey.ts";

/** How opening treats the end of the last segment. */
export type RecoveryMode =
  /** Cuts off a torn tail, which a crash may leave. The default. */
  | "tail"
  /** Refuses a torn tail too, but not a hole that a salvage left. */
  | "strict"
  /**
   * As `"tail"`, but repairs corruption: keeps everything that is intact,
   * around holes. Reads the whole log.
   */
  | "salvage";

/** What follows the last frame that links. */
export type Remainder = "nothing" | "zeros" | "bytes";

/** What a scan found at the end of the last segment. */
export interface TailEvidence {
  /** What follows the last frame that links. */
  readonly remainder: Remainder;
  /**
   * Whether a whole frame further on declares that the missing record was
   * synced before that frame was written.
   */
  readonly witness: boolean;
}

/** What to do with the end of the last segment. */
export type TailDecision =
  /** The log ends cleanly. */
  | "accept"
  /** What follows was never acknowledged as durable: it is left out. */
  | "cut"
  /** Acknowledged records may be gone: the log is not opened. */
  | "refuse"
  /** Acknowledged records may be gone: the rest is kept, around a hole. */
  | "repair";

/**
 * Distinguishes a torn tail from corruption; pure, complete over its inputs.
 *
 * A crash may lose, tear or reorder what was not synced; it cannot touch what
 * was. Unsynced frames may survive in any order, so a valid frame after the
 * damage proves nothing by itself. What matters is whether any valid frame
 * there declares the damaged place synced.
 *
 * Source: the sync offset of Pebble's `record` package.
 *
 * @example
 * ```ts
 * import { decideTail } from "@syncline/wal/recovery";
 * import assert from "node:assert/strict";
 *
 * const torn = { remainder: "bytes", witness: false } as const;
 * assert.deepEqual(decideTail(torn, "tail"), "cut");
 * assert.deepEqual(decideTail(torn, "strict"), "refuse");
 * assert.deepEqual(decideTail({ ...torn, witness: true }, "tail"), "refuse");
 * ```
 */
export function decideTail(
  evidence: TailEvidence,
  mode: RecoveryMode,
): TailDecision {
  const { remainder, witness } = evidence;
  return TABLE[mode][remainder][witness ? 1 : 0];
}

/** By mode, remainder, and witness: no, yes. */
const TABLE: Record<
  RecoveryMode,
  Record<Remainder, readonly [TailDecision, TailDecision]>
> = {
  tail: {
    nothing: ["accept", "refuse"],
    zeros: ["accept", "refuse"],
    bytes: ["cut", "refuse"],
  },
  strict: {
    nothing: ["accept", "refuse"],
    zeros: ["accept", "refuse"],
    bytes: ["refuse", "refuse"],
  },
  salvage: {
    nothing: ["accept", "repair"],
    zeros: ["accept", "repair"],
    bytes: ["cut", "repair"],
  },
};

/**
 * Throws {@linkcode CorruptLogError} if files of a log are missing: its
 * manifest or its first segments.
 */
export function requireWhole(location: string, files: Survey): void {
  const reason = missingFile(files);
  if (reason !== undefined) throw new CorruptLogError(location, 0, reason);
}

/** What a log lacks, judging by file names and the manifest; pure. */
export function missingFile(
  { manifest, segments, found }: Survey,
): string | undefined {
  const newest = found.reduce((most, { epoch }) => Math.max(most, epoch), 0);
  if (manifest === undefined) {
    return newest > 0
      ? `the manifest is missing, but there are segments, up to epoch ${newest}`
      : undefined;
  }
  const { epoch, firstLsn, durableLsn } = manifest;
  if (newest > epoch) {
    return `the manifest of epoch ${newest} is missing, but there are ` +
      `segments of it; the newest manifest is of epoch ${epoch}`;
  }
  const last = segments.length > 0 ? segments[0].firstLsn - 1 : durableLsn;
  if (last < firstLsn) return undefined;
  return `records ${firstLsn} to ${last} are missing: the manifest says that ` +
    "the log has them, but no segment does";
}

/**
 * Throws {@linkcode CorruptLogError} unless a crash or a clean close may have
 * left the last segment with such an end.
 */
export function requireSound(
  path: string,
  scan: SegmentScan,
  manifest: Manifest,
  mode: RecoveryMode,
): void {
  const reason = faultOfEnd(scan, manifest, mode);
  if (reason === undefined) return;
  throw new CorruptLogError(path, scan.stop.offset, reason);
}

/**
 * What is wrong with the end of a log, beyond what a crash or a clean close may
 * leave; pure. Without a manifest, only the segment is judged.
 */
export function faultOfEnd(
  scan: EndOfScan,
  manifest: Manifest | undefined,
  mode: RecoveryMode,
): string | undefined {
  const { lastLsn, stop, link } = scan;
  const isClosed = isCleanlyClosed(scan, manifest);
  // After a clean close only zeros or old frames can follow.
  const remainder = isClosed ? "nothing" : scan.remainder;
  const decision = decideTail({ ...scan, remainder }, mode);
  if (decision !== "accept" && decision !== "cut") return refusal(scan);
  if (manifest === undefined) return undefined;
  const { durableLsn } = manifest;
  if (lacksDurable(scan, manifest)) {
    return `record ${lastLsn + 1} is missing (${describeFault(stop)}); the ` +
      `manifest says that all records up to ${durableLsn} were durable`;
  }
  if (!isClosed || link === manifest.link) return undefined;
  return `the last frame has checksum ${hex(link)}, but the log was ` +
    `closed with ${hex(manifest.link)}: these are not the records it had`;
}

/** Whether the end of a log has all that its manifest knows of; pure. */
export function isComplete(
  end: Pick<SegmentScan, "lastLsn" | "link">,
  manifest: Manifest | undefined,
): boolean {
  if (manifest === undefined) return true;
  const isOther = isCleanlyClosed(end, manifest) &&
    end.link !== manifest.link;
  return !isOther && !lacksDurable(end, manifest);
}

function lacksDurable(
  { lastLsn }: Pick<SegmentScan, "lastLsn">,
  { firstLsn, durableLsn }: Manifest,
): boolean {
  return lastLsn < durableLsn && durableLsn >= firstLsn;
}

/** Whether a log ends with the record it was cleanly closed with; pure. */
export function isCleanlyClosed(
  { lastLsn }: Pick<SegmentScan, "lastLsn">,
  manifest: Manifest | undefined,
): boolean {
  return manifest?.closed === true && lastLsn === manifest.durableLsn;
}

function refusal({ lastLsn, stop, witness }: EndOfScan): string {
  const why = witness
    ? "a later frame says that it was synced, so no crash explains this"
    : "a crash may have torn it, which strict recovery does not accept";
  return `record ${lastLsn + 1} is damaged (${describeFault(stop)}); ${why}`;
}

/** What a scan found at the end of a segment. */
export interface EndOfScan extends TailEvidence {
  /** LSN of the last record that links; one below the first if none does. */
  readonly lastLsn: number;
  /** Checksum that the next segment must name. */
  readonly link: number;
  /** Where and why the chain ends. */
  readonly stop: SegmentStop;
}

/** What a scan of one segment found. */
export interface SegmentScan extends EndOfScan {
  /** Number of frames that link. */
  readonly frames: number;
  /** The highest LSN that a frame here declares synced. */
  readonly syncedLsn: number;
  /** Whether the last frame that links seals the segment. */
  readonly sealed: boolean;
  /** The highest time of a frame, in ms since 1970; 0 without frames. */
  readonly time: number;
  /** Places of some of the frames. */
  readonly index: FrameIndex;
  /** Size of the segment's file, in bytes. */
  readonly bytes: number;
}
