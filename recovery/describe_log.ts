import {
  lsnsOf,
  type Manifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import { SegmentCursor, SegmentReader } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { judgeHeader } from "./judge_header.ts";
import type { FileNames, Survey } from "./survey.ts";

/** What was in a segment that does not say so itself. */
export interface LostContents {
  /** In a clause. */
  readonly text: string;
  /** Whether nobody knows how many records it had. */
  readonly isUnknown: boolean;
}

/**
 * What was in a segment that cannot be read, by what the next one, which begins
 * at `next`, and the manifest say; pure. `next` is `Infinity` in the last one.
 */
export function lostContents(
  { firstLsn }: SegmentName,
  next: number,
  manifest: Manifest | undefined,
): LostContents {
  if (next !== Infinity) return known(firstLsn, next - 1);
  if (manifest?.closed) return known(firstLsn, manifest.durableLsn);
  const durableLsn = manifest?.durableLsn ?? 0;
  const text = durableLsn < firstLsn
    ? "nobody knows which records were in it"
    : `${rangeOf(firstLsn, durableLsn)} belong there, and nobody knows which ` +
      "came after";
  return { text, isUnknown: true };
}

function known(firstLsn: number, lastLsn: number): LostContents {
  const text = lastLsn < firstLsn
    ? "no record belongs there"
    : `${rangeOf(firstLsn, lastLsn)} belong there`;
  return { text, isUnknown: false };
}

function rangeOf(firstLsn: number, lastLsn: number): string {
  return `records ${firstLsn} to ${lastLsn}`;
}

/** Names of strays that a message lists. */
const MOST_NAMES = 5;

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
