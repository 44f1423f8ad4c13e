import { BackupError } from "../backup/backup_error.ts";
import { requireEmpty } from "../backup/target_state.ts";
import { type FileNames, listFiles } from "../recovery/survey.ts";
import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  formatManifestName,
  type Manifest,
  newManifest,
  type SegmentName,
} from "../storage/format/mod.ts";
import {
  readManifest,
  removeFiles,
  SegmentCursor,
  writeManifest,
} from "../storage/segments/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { RESTORED_EPOCH, type RestoredEnd } from "./segment_files.ts";

/*
 * A directory that is being restored has a manifest that declares a record that
 * will never be there, so that nothing opens it as a log. In place of metadata,
 * that manifest says what it is.
 */

/** How that begins. */
const MARK = "restoring a replica: ";

/** What was restored so far, checked. */
export interface RestoredPart {
  /** Id of the new log. */
  readonly log: string;
  /** LSN of its oldest record. */
  readonly firstLsn: number;
  /** Where it ends. */
  readonly end: RestoredEnd;
  /** Its segments. */
  readonly segments: readonly SegmentName[];
  /** Bytes of them. */
  readonly bytes: number;
}

/** Declares that a log up to `lastLsn` is being restored here. */
export async function declareRestore(
  target: Storage,
  log: string,
  firstLsn: number,
  lastLsn: number,
  location: string,
): Promise<void> {
  await writeManifest(target, {
    ...newManifest(log, firstLsn),
    epoch: RESTORED_EPOCH,
    durableLsn: lastLsn + 1,
    meta: { version: 1, bytes: new TextEncoder().encode(MARK + location) },
  });
}

/** Rejects with `BackupError` if nothing can be restored to a directory. */
export async function requireRestorable(target: Storage): Promise<void> {
  const files = await listFiles(target);
  if (await readMark(target, files) !== undefined) return;
  requireEmpty("restore to", target, files, "not-empty");
}

/**
 * Finds and checks what an earlier call has restored here, once the target is
 * locked; `undefined` if there was none. What was not finished, and segments
 * after a damaged one, are removed. Rejects with `BackupError` if there is
 * anything else.
 */
export async function findRestored(
  target: Storage,
): Promise<RestoredPart | undefined> {
  await requireRestorable(target);
  const files = await listFiles(target);
  const manifest = await readMark(target, files);
  // That of a call which was killed when all was done.
  const newer = files.manifests.filter((epoch) => epoch > RESTORED_EPOCH)
    .map((epoch) => ({ name: formatManifestName(epoch) }));
  await removeFiles(target, [...newer, ...files.unfinished]);
  if (manifest === undefined) return undefined;
  const part = await check(target, manifest, files.found);
  await removeFiles(target, files.found.slice(part.segments.length));
  return part;
}

/** Removes what was restored; what declares it stays. */
export async function forget(
  target: Storage,
  { segments }: RestoredPart,
): Promise<void> {
  await removeFiles(target, segments);
}

/** The manifest of a restore that was not completed, if there is one. */
async function readMark(
  target: Storage,
  { manifests, companions, strays, originals }: FileNames,
): Promise<Manifest | undefined> {
  // Nobody has opened it since: an opening leaves only its own.
  const isOwn = manifests[0] === RESTORED_EPOCH &&
    manifests.every((epoch) => epoch <= RESTORED_EPOCH + 1);
  if (!isOwn) return undefined;
  const manifest = await readManifest(target, RESTORED_EPOCH);
  const text = new TextDecoder().decode(manifest.meta?.bytes);
  if (!text.startsWith(MARK)) return undefined;
  const [other] = [...companions, ...strays, ...originals];
  if (other === undefined) return manifest;
  const reason =
    `"${other}" was put there since a restore began: use an empty ` +
    "directory, or a new one";
  throw new BackupError("restore to", target.location, "not-empty", reason);
}

async function check(
  target: Storage,
  { log, firstLsn }: Manifest,
  found: readonly SegmentName[],
): Promise<RestoredPart> {
  let end: RestoredEnd = { lastLsn: firstLsn - 1, link: 0, time: 0 };
  const segments: SegmentName[] = [];
  let bytes = 0;
  for (const segment of found) {
    try {
      const checked = await checkSegment(target, segment, log, end);
      end = checked.end;
      bytes += checked.bytes;
    } catch (error) {
      if (error instanceof CorruptLogError) break;
      throw error;
    }
    segments.push(segment);
  }
  return { log, firstLsn, end, segments, bytes };
}

async function checkSegment(
  target: Storage,
  segment: SegmentName,
  log: string,
  before: RestoredEnd,
) {
  const cursor = await SegmentCursor.open(target, segment, log);
  try {
    const { path } = cursor.reader;
    const nextLsn = before.lastLsn + 1;
    if (segment.firstLsn !== nextLsn) {
      const reason = `expected record ${nextLsn}, found ${segment.firstLsn}`;
      throw new CorruptLogError(path, 0, reason);
    }
    cursor.requireToFollow({ nextLsn, link: before.link });
    let { time } = before;
    const frames = cursor.frames();
    let step = await frames.next();
    for (; !step.done; step = await frames.next()) {
      for (const frame of step.value) time = Math.max(time, frame.time);
    }
    const bytes = await cursor.reader.file.size();
    const { offset } = cursor.place;
    if (offset !== bytes) {
      const { expected = "the end" } = step.value ?? {};
      throw new CorruptLogError(path, offset, `expected ${expected}`);
    }
    const lastLsn = cursor.nextLsn - 1;
    return { end: { lastLsn, link: cursor.link, time }, bytes };
  } finally {
    await cursor.close();
  }
}
