import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { hex } from "../storage/format/frame.ts";
import type { Manifest } from "../storage/format/manifest.ts";
import { describeFault } from "../storage/segment_damage.ts";
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
  const oldest = segments[0]?.firstLsn ?? durableLsn + 1;
  if (oldest <= firstLsn) return undefined;
  return `records ${firstLsn} to ${oldest - 1} are missing: ` +
    (segments.length > 0
      ? `the first segment begins at record ${oldest}`
      : "the manifest says that they were durable, and no segment has them");
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
  const { closed, durableLsn, link } = manifest;
  const isClosed = closed && scan.lastLsn === durableLsn;
  // Behind a clean close lies at most what was prepared, or used before.
  const remainder = isClosed ? "nothing" : scan.remainder;
  const decision = decideTail({ ...scan, remainder }, mode);
  if (decision !== "accept" && decision !== "cut") throw refusal(path, scan);
  if (scan.lastLsn < durableLsn && durableLsn >= manifest.firstLsn) {
    throw new CorruptLogError(
      path,
      scan.stop.offset,
      `record ${scan.lastLsn + 1} is missing (${
        describeFault(scan.stop)
      }); the manifest says that all up to ${durableLsn} were durable`,
    );
  }
  if (isClosed && scan.checksum !== link) {
    throw new CorruptLogError(
      path,
      scan.stop.offset,
      `the last frame has checksum ${hex(scan.checksum)}, but the log was ` +
        `closed with ${hex(link)}: these are not the records that it had`,
    );
  }
}

function refusal(path: string, scan: SegmentScan): CorruptLogError {
  const why = scan.witness
    ? "a later frame says that it was synced, so no crash explains this"
    : "a crash may have torn it, which strict recovery does not accept";
  return new CorruptLogError(
    path,
    scan.stop.offset,
    `record ${scan.lastLsn + 1} is damaged (${
      describeFault(scan.stop)
    }); ${why}`,
  );
}
