import type { Storage } from "../storage/storage.ts";
import {
  readManifest,
  removeFiles,
  RESERVE_NAME,
  SegmentCursor,
  SegmentReader,
} from "../storage/segments/mod.ts";
import {
  compareSegments,
  formatManifestName,
  isLockFile,
  isOriginal,
  lsnsOf,
  type Manifest,
  parseManifestName,
  parseSegmentName,
  parseUnfinished,
  parseUnfinishedManifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import { judgeHeader } from "./judge_header.ts";
import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import { ForeignFileError } from "./find_foreign.ts";
import { type ArrangedSegments, arrangeSegments } from "./arrange_segments.ts";

/** The files of a directory, by what their names say. */
export interface FileNames {
  /** All segments, in order. */
  found: SegmentName[];
  /** Epochs of the manifests, rising. */
  manifests: number[];
  /** Files that were being made, with the epoch of who did. */
  unfinished: { name: string; epoch: number }[];
  /** Originals of repaired segments: kept, never read. */
  originals: string[];
  /** Files that are not the log's. */
  strays: string[];
  /** The highest epoch that a name shows; 0 if none does. */
  highestEpoch: number;
  /** Whether there is any file of a log. */
  isLog: boolean;
}

/** The files of a log. */
export interface Survey extends FileNames, ArrangedSegments {
  /** The highest manifest; absent in a directory without one. */
  manifest?: Manifest;
}

/**
 * Sorts the files of a directory by name. Hidden files, `lost+found` and the
 * user's own, which begin with `user-`, are left alone.
 */
export async function listFiles(storage: Storage): Promise<FileNames> {
  const files: FileNames = {
    found: [],
    manifests: [],
    unfinished: [],
    originals: [],
    strays: [],
    highestEpoch: 0,
    isLog: false,
  };
  for (const name of await storage.list()) {
    if (isIgnored(name)) continue;
    const epoch = sort(name, files);
    if (epoch === undefined) files.strays.push(name);
    else files.isLog = true;
    files.highestEpoch = Math.max(files.highestEpoch, epoch ?? 0);
  }
  files.found.sort(compareSegments);
  files.manifests.sort((a, b) => a - b);
  return files;
}

/**
 * The files of a log and what each is. Throws {@linkcode ForeignFileError} in a
 * directory that is no log but holds files, and what reading the manifest does.
 */
export async function survey(storage: Storage): Promise<Survey> {
  const files = await listFiles(storage);
  requireLog(storage, files);
  const epoch = files.manifests.at(-1);
  return epoch === undefined
    ? arrange(files, undefined)
    : arrange(files, await readManifest(storage, epoch));
}

/** The files of a log whose manifest may be damaged. */
export interface DamagedSurvey extends Survey {
  /** Why the manifest cannot be used. */
  manifestFault?: { name: string; path: string; reason: string };
}

/** The same as {@linkcode survey}, without a manifest that is damaged. */
export async function surveyDamaged(storage: Storage): Promise<DamagedSurvey> {
  try {
    return await survey(storage);
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    const files = await listFiles(storage);
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

/** Throws {@linkcode ForeignFileError} where other files are, but no log. */
export function requireLog(storage: Storage, files: FileNames): void {
  const [stray] = files.strays;
  if (files.isLog || stray === undefined) return;
  throw new ForeignFileError(`${storage.location}/${stray}`);
}

/** Puts a name where it belongs; returns its epoch, `undefined` for strays. */
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
  if (isOriginal(name)) files.originals.push(name);
  else if (!isLockFile(name) && name !== RESERVE_NAME) return undefined;
  return 0;
}

function isIgnored(name: string): boolean {
  return name.startsWith(".") || name.startsWith("user-") ||
    name === "lost+found";
}

/** Says which files are not the log's; nothing if all are. */
export function describeStrays(
  { location }: Storage,
  { strays }: FileNames,
): string | undefined {
  if (strays.length === 0) return undefined;
  const names = strays.toSorted().slice(0, MOST_NAMES)
    .map((name) => `"${name}"`).join(", ");
  const more = strays.length - MOST_NAMES;
  return `"${location}" holds files that are not the log's: ${names}` +
    (more > 0 ? ` and ${more} more` : "") + "; they were left alone";
}

/** A segment that is no part of the log, and what is in it. */
export interface FencedSegment extends SegmentName {
  /** LSN of its last record; one below the first if it has none. */
  readonly lastLsn: number;
  /** Why nothing in it can be read: it is damaged, a copy, or another log's. */
  readonly headerFault?: string;
}

/** What a fenced segment holds, and why it is no part of the log. */
export function describeContent(
  { firstLsn, lastLsn, epoch, headerFault }: FencedSegment,
): string {
  if (headerFault !== undefined) {
    return `is not part of the log, and cannot be read: ${headerFault}`;
  }
  if (lastLsn < firstLsn) {
    return `holds no record: the owner of epoch ${epoch} had been overtaken, ` +
      "and it is not part of the log";
  }
  const wrote = `that the owner of epoch ${epoch} wrote after it had been ` +
    "overtaken";
  return firstLsn === lastLsn
    ? `holds record ${firstLsn} ${wrote}: it was not acknowledged, and is not ` +
      "part of the log"
    : `holds records ${firstLsn} to ${lastLsn} ${wrote}: none of them was ` +
      "acknowledged, and they are not part of the log";
}

/** Reads the segments that are no part of the log. */
export async function readFenced(
  storage: Storage,
  { fenced, manifest }: Survey,
): Promise<FencedSegment[]> {
  const read: FencedSegment[] = [];
  for (const segment of fenced) {
    read.push(await readOne(storage, segment, manifest?.log));
  }
  return read;
}

async function readOne(
  storage: Storage,
  segment: SegmentName,
  log: string | undefined,
): Promise<FencedSegment> {
  const reader = await SegmentReader.openDamaged(storage, segment.name);
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

/** Names of strays that a message lists. */
const MOST_NAMES = 5;

/**
 * Removes files whose making was cut short, of this opening's `epoch` or
 * before. Those of a later one belong to an owner that has overtaken this one
 * and is about to finish them.
 */
export async function removeUnfinished(
  storage: Storage,
  { unfinished }: FileNames,
  epoch: number,
): Promise<void> {
  const mine = unfinished.filter((file) => file.epoch <= epoch);
  await removeFiles(storage, mine);
}
