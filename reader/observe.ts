import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  type Frame,
  lowestSince,
  type Manifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import { listFiles } from "../recovery/survey.ts";
import { SegmentReader } from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import type { Pace } from "../storage/turns.ts";
import { ObservedTail } from "./observed_tail.ts";
import { type LiveSurvey, surveyLiveLog } from "./survey_live_log.ts";

/** Attempts to list files while none comes or goes. */
const ATTEMPTS = 20;

/** The files of a log at the time of a look. */
export type LogFiles = Pick<LiveSurvey, "segments" | "end" | "unfinished"> & {
  readonly manifest: Manifest;
  /** The last epoch whose cut has been made, if it has one. */
  readonly cutEpoch: number;
};

/** What was known before a look. */
export interface Known {
  readonly storage: Storage;
  readonly pace: Pace;
  /** The files; absent before the first look that found a log. */
  readonly files: LogFiles | undefined;
  readonly tail: ObservedTail | undefined;
  /** Whether something seemed wrong, and must not be due to a change of files. */
  readonly isDoubtful: boolean;
  /** Called with frames of the last segment that are new. */
  onFrames(path: string, frames: readonly Frame[]): void;
}

/** What a look found. */
export interface Seen {
  readonly files: LogFiles;
  /** The last segment: the one known before, if it goes on. */
  readonly tail: ObservedTail | undefined;
  readonly writtenLsn: number;
  /** LSN up to which files and frames declare all records durable. */
  readonly durableLsn: number;
  /** Where the owner, or another one, has cut the log; or `Infinity`. */
  readonly cutLsn: number;
  /** LSN up to which frames that were seen are still there; or `Infinity`. */
  readonly leftLsn: number;
}

/**
 * Looks at the files of a log, and at what was added to its last segment.
 * Resolves with `undefined` if there is no log yet. Throws `CorruptLogError` if
 * files are damaged or missing, or belong to another log than before, and a
 * `StorageError` of code `"ENOENT"` if one was dropped during the look.
 */
export async function observe(known: Known): Promise<Seen | undefined> {
  const { storage } = known;
  const { damage, manifest, ...found } = await survey(known);
  if (damage !== undefined) {
    throw new CorruptLogError(damage.file, damage.offset, damage.reason);
  }
  requireSame(storage.location, known.files?.manifest, manifest);
  if (manifest === undefined) return undefined;
  const { segments, end, unfinished } = found;
  const cutEpoch = cutEpochOf(manifest, segments);
  const files = { manifest, segments, end, unfinished, cutEpoch };
  const last = segments.at(-1);
  const tail = last && await follow(known, files, last);
  try {
    return {
      files,
      tail,
      writtenLsn: Math.max(tail?.lastLsn ?? 0, manifest.firstLsn - 1),
      durableLsn: await declaredBy(known, files, tail),
      cutLsn: cutSince(known.files, files),
      leftLsn: leftOf(known, files, tail),
    };
  } catch (error) {
    if (tail !== known.tail) await tail?.close();
    throw error;
  }
}

/**
 * The files of the log. A manifest is younger than the list of files that it
 * was found in, so in case of doubt both are taken while no file came or went.
 */
async function survey({ storage, isDoubtful }: Known): Promise<LiveSurvey> {
  for (let attempt = 1;; attempt++) {
    const files = await surveyLiveLog(storage);
    if (!isDoubtful || attempt === ATTEMPTS) return files;
    const { found, manifests } = await listFiles(storage);
    const isStill = String(manifests) === String(files.manifests) &&
      String(found.map(({ name }) => name)) ===
        String(files.found.map(({ name }) => name));
    if (isStill) return files;
  }
}

/** Another log, or an older state of this one, is not a continuation. */
function requireSame(
  location: string,
  before: Manifest | undefined,
  now: Manifest | undefined,
): void {
  if (before === undefined) return;
  const refusal = (reason: string) => new CorruptLogError(location, 0, reason);
  if (now === undefined) throw refusal("the log that was here is gone");
  if (now.log !== before.log) {
    throw refusal(
      `expected log ${before.log}, found log ${now.log}: another log has ` +
        "taken its place",
    );
  }
  if (now.epoch >= before.epoch) return;
  throw refusal(
    `the manifest of epoch ${before.epoch} is gone; the newest one is of ` +
      `epoch ${now.epoch}`,
  );
}

/** Follows the last segment from where the last look ended, if it can. */
async function follow(
  { storage, pace, tail: before, onFrames }: Known,
  { manifest, end }: LogFiles,
  segment: SegmentName,
): Promise<ObservedTail> {
  const isSame = before?.segment.name === segment.name &&
    before.lastLsn < end && await before.isUnchanged();
  const tail = isSame
    ? before
    : await ObservedTail.open({ storage, segment, manifest, pace });
  try {
    await tail.advance(end, onFrames);
    return tail;
  } catch (error) {
    if (tail !== before) await tail.close();
    throw error;
  }
}

async function declaredBy(
  known: Known,
  files: LogFiles,
  tail: ObservedTail | undefined,
): Promise<number> {
  const { durableLsn, firstLsn } = files.manifest;
  const least = Math.max(durableLsn, firstLsn - 1);
  if (tail === undefined) return least;
  if (tail.hasFrames) {
    return isSettled(files, tail.segment)
      ? Math.max(least, tail.syncedLsn)
      : least;
  }
  const before = files.segments.at(-2);
  if (before === undefined || !isSettled(files, before)) return least;
  return await isSealed(known, before, tail)
    ? Math.max(least, tail.segment.firstLsn - 1)
    : least;
}

/**
 * Whether a segment's name is durable, so that a seal in it holds: until then
 * it has the name under which it was made as well.
 */
export function isSettled(
  { unfinished }: LogFiles,
  { name }: SegmentName,
): boolean {
  return !unfinished.some((file) => file.name === `${name}.tmp`);
}

/** Whether a segment ends with a seal that the segment `next` follows. */
async function isSealed(
  { storage, pace }: Known,
  { name }: SegmentName,
  { segment: { firstLsn }, previous }: ObservedTail,
): Promise<boolean> {
  const reader = await SegmentReader.open(storage, name, pace);
  try {
    const seal = await reader.seal();
    return seal?.firstLsn === firstLsn && seal.previous === previous;
  } finally {
    await reader.close();
  }
}

/**
 * A cut is announced in the manifest, and made by the first segment of its
 * epoch. Later that one may be dropped, but then others of the epoch are there,
 * or the log was closed.
 */
function cutEpochOf(
  { epoch, cuts = [], closed }: Manifest,
  segments: readonly SegmentName[],
): number {
  const isMade = cuts.at(-1)?.at !== epoch || closed ||
    segments.some((one) => one.epoch === epoch);
  return isMade ? epoch : epoch - 1;
}

function cutSince(before: LogFiles | undefined, now: LogFiles): number {
  if (before === undefined) return Infinity;
  const { epoch, cuts = [], baseLsn } = now.manifest;
  const made = cuts.filter(({ at }) => at <= now.cutEpoch);
  const cutLsn = lowestSince(made, before.cutEpoch);
  return epoch > before.manifest.epoch ? Math.min(cutLsn, baseLsn) : cutLsn;
}

function leftOf(
  { files: known, tail: before }: Known,
  { manifest: { epoch, rewriteLsn }, segments }: LogFiles,
  tail: ObservedTail | undefined,
): number {
  // Another owner rewrites records, but loses none.
  const isOther = epoch !== known?.manifest.epoch;
  if (isOther || before === undefined || tail === before) return Infinity;
  // A frame is withdrawn if the disk is full before its zeros are written.
  if (before.segment.name === tail?.segment.name) return before.settledLsn;
  const at = segments.findIndex(({ name }) => name === before.segment.name);
  const next = at === -1 ? undefined : segments[at + 1];
  const isRewritten = next?.epoch === epoch && next.firstLsn === rewriteLsn;
  return next === undefined || isRewritten ? Infinity : next.firstLsn - 1;
}
