import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  compareSegments,
  formatManifestName,
  isLockFile,
  isOriginal,
  lsnsOf,
  type Manifest,
  parseCursorName,
  parseManifestName,
  parseSegmentName,
  parseSnapshotName,
  parseUnfinished,
  parseUnfinishedManifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import {
  readManifest,
  removeFiles,
  RESERVE_NAME,
  SegmentCursor,
  SegmentReader,
} from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { isMissing } from "../storage/storage_error.ts";
import { Pace } from "../storage/turns.ts";
import { type ArrangedSegments, arrangeSegments } from "./arrange_segments.ts";
import { judgeHeader } from "./judge_header.ts";

/** What it costs to sort a name, in bytes to read. */
const NAME_BYTES = 1024;

/** Maximum number of strays that a message names. */
const MOST_NAMES = 5;

/** The files of a directory, sorted by name. */
export interface FileNames {
  /** All segments, in order. */
  found: SegmentName[];
  /** Epochs of the manifests, ascending. */
  manifests: number[];
  /** Unfinished files, with the epoch of the owner that was making them. */
  unfinished: { name: string; epoch: number }[];
  /** Originals of repaired segments: kept, but never read. */
  originals: string[];
  /** Cursors and snapshots: the users of the log read them. */
  companions: string[];
  /** Files that do not belong to the log. */
  strays: string[];
  /** The highest epoch in any name; 0 if there is none. */
  highestEpoch: number;
  /** Whether any file belongs to a log. */
  isLog: boolean;
}

/** The files of a log. */
export interface Survey extends FileNames, ArrangedSegments {
  /** The manifest of the highest epoch; absent if there is none. */
  manifest?: Manifest;
}

/**
 * Lists the files of a log and reads its manifest. Throws
 * {@linkcode ForeignFileError} if the directory holds files but no log, and
 * `CorruptLogError` or `FormatVersionError` if the manifest cannot be used.
 */
export async function survey(
  storage: Storage,
  pace?: Pace,
): Promise<Survey> {
  const files = await listFiles(storage, pace);
  requireLog(storage, files);
  const epoch = files.manifests.at(-1);
  return epoch === undefined
    ? arrange(files, undefined)
    : arrange(files, await readManifest(storage, epoch));
}

/**
 * Sorts the files of a directory by name. It ignores hidden files, `lost+found`
 * and the user's files, whose names begin with `user-`.
 */
export async function listFiles(
  storage: Storage,
  pace = new Pace(),
): Promise<FileNames> {
  const files: FileNames = {
    found: [],
    manifests: [],
    unfinished: [],
    originals: [],
    companions: [],
    strays: [],
    highestEpoch: 0,
    isLog: false,
  };
  for (const name of await storage.list()) {
    if (isIgnored(name)) continue;
    const epoch = sort(name, files);
    if (epoch === undefined) files.strays.push(name);
    else if (files.companions.at(-1) !== name) files.isLog = true;
    files.highestEpoch = Math.max(files.highestEpoch, epoch ?? 0);
    await pace.spend(NAME_BYTES);
  }
  files.found.sort(compareSegments);
  files.manifests.sort((a, b) => a - b);
  return files;
}

/**
 * Throws `FormatVersionError` if a segment is of another version. Called before
 * the lock is taken, so that other versions' files stay untouched.
 */
export async function refuseUnreadable(
  storage: Storage,
  segments: readonly SegmentName[],
  pace: Pace,
): Promise<void> {
  for (const { name } of segments) {
    try {
      const reader = await SegmentReader.openDamaged(storage, name, pace);
      await reader.close();
    } catch (error) {
      // Another opening may have rewritten it since the names were listed; the
      // lock tells.
      if (!isMissing(error)) throw error;
    }
  }
}

/** The files of a log whose manifest may be damaged. */
export interface DamagedSurvey extends Survey {
  /** Why the manifest cannot be used. */
  manifestFault?: { name: string; path: string; reason: string };
}

/** Like {@linkcode survey}, but does without a damaged manifest. */
export async function surveyDamaged(
  storage: Storage,
  pace?: Pace,
): Promise<DamagedSurvey> {
  try {
    return await survey(storage, pace);
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    const files = await listFiles(storage, pace);
    const name = formatManifestName(files.manifests.at(-1)!);
    const { segment: path, reason } = error;
    return {
      ...arrange(files, undefined),
      manifestFault: { name, path, reason },
    };
  }
}

function arrange(files: FileNames, manifest: Manifest | undefined): Survey {
  return {
    ...files,
    ...arrangeSegments(files.found, manifest),
    ...(manifest !== undefined && { manifest }),
  };
}

/**
 * Throws {@linkcode ForeignFileError} if there are other files but no log: even
 * cursors and snapshots, whose log has vanished.
 */
export function requireLog(storage: Storage, files: FileNames): void {
  const [stray] = [...files.strays, ...files.companions];
  if (files.isLog || stray === undefined) return;
  throw new ForeignFileError(`${storage.location}/${stray}`);
}

/** Adds a name to its list; returns its epoch, or `undefined` for strays. */
function sort(name: string, files: FileNames): number | undefined {
  const segment = parseSegmentName(name);
  if (segment !== undefined) {
    files.found.push(segment);
    return segment.epoch;
  }
  const manifest = parseManifestName(name);
  if (manifest !== undefined) {
    files.manifests.push(manifest);
    return manifest;
  }
  const epoch = parseUnfinished(name) ?? parseUnfinishedManifest(name);
  if (epoch !== undefined) {
    files.unfinished.push({ name, epoch });
    return epoch;
  }
  const snapshot = parseSnapshotName(name);
  if (snapshot !== undefined || parseCursorName(name) !== undefined) {
    files.companions.push(name);
    return snapshot?.epoch ?? 0;
  }
  if (isOriginal(name)) files.originals.push(name);
  else if (!isLockFile(name) && name !== RESERVE_NAME) return undefined;
  return 0;
}

function isIgnored(name: string): boolean {
  return name.startsWith(".") || name.startsWith("user-") ||
    name === "lost+found";
}

/** Lists the files that do not belong to the log, if any, for a warning. */
export function describeStrays(
  { location }: Storage,
  { strays }: FileNames,
): string | undefined {
  if (strays.length === 0) return undefined;
  const names = strays.toSorted().slice(0, MOST_NAMES)
    .map((name) => `"${name}"`).join(", ");
  const more = strays.length - MOST_NAMES;
  return `"${location}" holds files that do not belong to the log: ${names}` +
    (more > 0 ? ` and ${more} more` : "") + "; they were left alone";
}

/** A segment that is not part of the log, and its contents. */
export interface FencedSegment extends SegmentName {
  /** LSN of its last record; `firstLsn - 1` if it has none. */
  readonly lastLsn: number;
  /** Why nothing in it can be read: it is damaged, a copy, or another log's. */
  readonly headerFault?: string;
}

/** What a fenced segment holds, and why it is not part of the log. */
export function describeContent(
  { firstLsn, lastLsn, epoch, headerFault }: FencedSegment,
): string {
  if (headerFault !== undefined) {
    return `is not part of the log, and cannot be read: ${headerFault}`;
  }
  if (lastLsn < firstLsn) {
    return `holds no records: the owner of epoch ${epoch} had been ` +
      "displaced, and it is not part of the log";
  }
  const wrote = `that the owner of epoch ${epoch} wrote after it had been ` +
    "displaced";
  return firstLsn === lastLsn
    ? `holds record ${firstLsn} ${wrote}: it was not acknowledged, and is ` +
      "not part of the log"
    : `holds records ${firstLsn} to ${lastLsn} ${wrote}: none of them was ` +
      "acknowledged, and they are not part of the log";
}

/** Reads the fenced segments, which are not part of the log. */
export async function readFenced(
  storage: Storage,
  { fenced, manifest }: Survey,
  pace = new Pace(),
): Promise<FencedSegment[]> {
  const read: FencedSegment[] = [];
  for (const segment of fenced) {
    read.push(await readOne(storage, segment, manifest?.log, pace));
  }
  return read;
}

async function readOne(
  storage: Storage,
  segment: SegmentName,
  log: string | undefined,
  pace: Pace,
): Promise<FencedSegment> {
  const reader = await SegmentReader.openDamaged(storage, segment.name, pace);
  try {
    const { headerFault } = await judgeHeader(reader, segment, Infinity, log);
    let lastLsn = segment.firstLsn - 1;
    if (headerFault !== undefined) return { ...segment, lastLsn, headerFault };
    for await (const frames of new SegmentCursor(reader).frames()) {
      for (const frame of frames) lastLsn = frame.firstLsn + lsnsOf(frame) - 1;
    }
    return { ...segment, lastLsn };
  } finally {
    await reader.close();
  }
}

/**
 * Removes unfinished files of epochs up to `epoch`, that of this opening. Those
 * of a later epoch belong to an owner that has displaced this one, and is about
 * to finish them.
 */
export async function removeUnfinished(
  storage: Storage,
  { unfinished }: Pick<FileNames, "unfinished">,
  epoch: number,
): Promise<void> {
  const mine = unfinished.filter((file) => file.epoch <= epoch);
  await removeFiles(storage, mine);
}

/** Thrown if a directory holds files but no log; nothing was changed. */
export class ForeignFileError extends Error {
  /** The class's name. */
  override readonly name = "ForeignFileError";

  /** Creates the error for one of the files. */
  constructor(
    /** The path of the file. */
    readonly path: string,
  ) {
    super(
      `Cannot begin a log in the directory of "${path}" because that file ` +
        "does not belong to a log: move it away, or choose an empty directory",
    );
  }
}
