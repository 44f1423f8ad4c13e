import {
  CorruptLogError,
  describeFault,
} from "../storage/corrupt_log_error.ts";
import { hex, type Manifest } from "../storage/format/mod.ts";
import { decideTail, type RecoveryMode } from "./decide_tail.ts";
import type { SegmentScan } from "./scan_tail.ts";
import type { Survey } from "./survey.ts";

/**
 * Throws {@linkcode CorruptLogError} if the files are not all that a log has:
 * its manifest or its first segments are missing.
 */
export function requireWhole(location: string, files: Survey): void {
  const reason = missingFile(files);
  if (reason !== undefined) throw new CorruptLogError(location, 0, reason);
}

/** What of a log is missing, as far as names and the manifest tell; pure. */
export function missingFile(
  { manifest, segments, found }: Survey,
): string | undefined {
  const newest = Math.max(0, ...found.map(({ epoch }) => epoch));
  if (manifest === undefined) {
    return newest > 0
      ? `the manifest is missing, but there are segments, up to epoch ${newest}`
      : undefined;
  }
  const { epoch, firstLsn, durableLsn } = manifest;
  if (newest > epoch) {
    return `the manifest of epoch ${newest} is missing, but there are segments ` +
      `of it; the newest manifest is of epoch ${epoch}`;
  }
  const last = segments.length > 0 ? segments[0].firstLsn - 1 : durableLsn;
  if (last < firstLsn) return undefined;
  return `records ${firstLsn} to ${last} are missing: by the manifest the log ` +
    "has them, and no segment does";
}

/**
 * Throws {@linkcode CorruptLogError} unless the end of the last segment is what
 * a crash, or a clean close, may have left.
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
 * What is wrong with the end of a log, beyond what a crash, or a clean close,
 * may have left; pure. A manifest that is damaged tells nothing.
 */
export function faultOfEnd(
  scan: SegmentScan,
  manifest: Manifest | undefined,
  mode: RecoveryMode,
): string | undefined {
  const { lastLsn, stop, checksum } = scan;
  const isClosed = isCleanlyClosed(scan, manifest);
  // Behind a clean close lies at most what was prepared, or used before.
  const remainder = isClosed ? "nothing" : scan.remainder;
  const decision = decideTail({ ...scan, remainder }, mode);
  if (decision !== "accept" && decision !== "cut") return refusal(scan);
  if (manifest === undefined) return undefined;
  const { durableLsn, link } = manifest;
  if (lacksDurable(scan, manifest)) {
    return `record ${lastLsn + 1} is missing (${describeFault(stop)}); the ` +
      `manifest says that all up to ${durableLsn} were durable`;
  }
  if (!isClosed || checksum === link) return undefined;
  return `the last frame has checksum ${hex(checksum)}, but the log was ` +
    `closed with ${hex(link)}: these are not the records that it had`;
}

/** Whether a log has all that its manifest knows of, as far as it ends; pure. */
export function isComplete(
  end: Pick<SegmentScan, "lastLsn" | "checksum">,
  manifest: Manifest | undefined,
): boolean {
  if (manifest === undefined) return true;
  const isOther = isCleanlyClosed(end, manifest) &&
    end.checksum !== manifest.link;
  return !isOther && !lacksDurable(end, manifest);
}

function lacksDurable(
  { lastLsn }: Pick<SegmentScan, "lastLsn">,
  { firstLsn, durableLsn }: Manifest,
): boolean {
  return lastLsn < durableLsn && durableLsn >= firstLsn;
}

/** Whether a log ends with the record that it was closed with; pure. */
export function isCleanlyClosed(
  { lastLsn }: Pick<SegmentScan, "lastLsn">,
  manifest: Manifest | undefined,
): boolean {
  return manifest?.closed === true && lastLsn === manifest.durableLsn;
}

function refusal({ lastLsn, stop, witness }: SegmentScan): string {
  const why = witness
    ? "a later frame says that it was synced, so no crash explains this"
    : "a crash may have torn it, which strict recovery does not accept";
  return `record ${lastLsn + 1} is damaged (${describeFault(stop)}); ${why}`;
}
