import { arrangeSegments } from "../recovery/arrange_segments.ts";
import { missingFile } from "../recovery/decide_tail.ts";
import { scanSegment } from "../recovery/scan_tail.ts";
import { type FileNames, listFiles } from "../recovery/survey.ts";
import {
  addCut,
  type Manifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import { readManifest, SegmentCursor } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { BackupError } from "./backup_error.ts";

/** What a target holds. */
export interface TargetState {
  /** All of its files. */
  readonly files: FileNames;
  /** The manifest; absent before the first backup. */
  readonly manifest: Manifest | undefined;
  /** Whether a backup was completed, and no file of it is missing. */
  readonly isComplete: boolean;
  /** Its segments; none if it is not complete. */
  readonly segments: readonly SegmentName[];
  /** LSN of its last record; -1 if it has none. */
  readonly lastLsn: number;
  /** Whether its manifest says where it ends. */
  readonly isEnded: boolean;
}

const NO_RECORDS = { lastLsn: -1, isEnded: true };

/**
 * Reads what a target holds. Rejects with `BackupError` if that is not a backup
 * and the target is not empty either, and with `CorruptLogError` if its
 * manifest is damaged.
 */
export async function readTarget(
  action: string,
  target: Storage,
): Promise<TargetState> {
  const files = await listFiles(target);
  const nothing = { files, isComplete: false, segments: [], ...NO_RECORDS };
  const epoch = files.manifests.at(-1);
  if (epoch === undefined) {
    requireEmpty(action, target, files, "not-a-backup");
    return { ...nothing, manifest: undefined };
  }
  const manifest = await readManifest(target, epoch);
  if (!manifest.isBackup) {
    const reason = "it holds a log that is not a backup, or that was opened " +
      "as a log since: it may have records that the source does not have. Use " +
      "a new directory";
    throw new BackupError(action, target.location, "not-a-backup", reason);
  }
  const arranged = arrangeSegments(files.found, manifest);
  if (missingFile({ ...files, ...arranged, manifest }) !== undefined) {
    return { ...nothing, manifest };
  }
  const segments = withRecords(arranged.segments);
  const complete = { ...nothing, manifest, isComplete: true };
  const last = segments.at(-1);
  if (last === undefined) return complete;
  if (last.epoch < epoch) {
    return { ...complete, segments, lastLsn: manifest.baseLsn };
  }
  // A run has died after it had replaced a segment. A cut may have left that
  // segment without records.
  const lastLsn = await endOf(target, last, manifest);
  const cuts = addCut(manifest.cuts ?? [], { at: epoch, lastLsn });
  const end = { baseLsn: lastLsn, durableLsn: lastLsn, rewriteLsn: 0, cuts };
  if (lastLsn < last.firstLsn) segments.pop();
  return {
    ...{ ...complete, segments, manifest: { ...manifest, ...end } },
    lastLsn: segments.length === 0 ? -1 : lastLsn,
    isEnded: false,
  };
}

/** Without segments that end where they begin, because another replaced them. */
export function withRecords(segments: readonly SegmentName[]): SegmentName[] {
  return segments.filter(({ firstLsn }, index) =>
    segments[index + 1]?.firstLsn !== firstLsn
  );
}

/** LSN of the last record of a segment that nothing else ends. */
async function endOf(
  target: Storage,
  segment: SegmentName,
  { log }: Manifest,
): Promise<number> {
  const { reader } = await SegmentCursor.open(target, segment, log);
  try {
    return (await scanSegment(reader)).lastLsn;
  } finally {
    await reader.close();
  }
}

/** Rejects with `BackupError` if a directory holds more than unfinished files. */
export function requireEmpty(
  action: string,
  { location }: Storage,
  files: FileNames,
  problem: "not-empty" | "not-a-backup",
): void {
  const { found, manifests, originals, companions, strays } = files;
  const names = [...found.map(({ name }) => name), ...companions];
  const [name] = [...names, ...originals, ...strays];
  const some = name ?? (manifests.length > 0 ? "a manifest" : undefined);
  if (some === undefined) return;
  const what = problem === "not-a-backup" ? "no backup, but " : "";
  const reason = `it holds ${what}files, such as "${some}": use an empty ` +
    "directory, or a new one";
  throw new BackupError(action, location, problem, reason);
}
