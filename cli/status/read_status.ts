import { statSync } from "node:fs";
import { join } from "node:path";
import type { StatusAnswer } from "../../monitor/ask_status.ts";
import {
  CursorFiles,
  cursorsOf,
  type HeldCursor,
} from "../../reader/cursors/mod.ts";
import { firstOf } from "../../reader/first_of.ts";
import { ObservedLog } from "../../reader/observed_log.ts";
import {
  type Damage,
  type LiveSurvey,
  surveyLiveLog,
} from "../../reader/survey_live_log.ts";
import { CorruptLogError } from "../../storage/corrupt_log_error.ts";
import {
  parseSnapshotName,
  type SegmentName,
} from "../../storage/format/mod.ts";
import { CompactedError } from "../../storage/frame_log.ts";
import type { Storage, StorageSpace } from "../../storage/storage.ts";
import { noLogError } from "../io/log_directory.ts";
import { type LockState, readLockState } from "../examine/lock_state.ts";

/** What can be said about a log without reading it all. */
export interface LogStatus {
  /** Who may write to it. */
  readonly lock: LockState;
  /** Where it begins and ends; absent if it is too damaged to tell. */
  readonly extent?: LogExtent;
  readonly segments: number;
  /** Bytes of the segments' files. */
  readonly bytes: number;
  /** Absent if the system does not tell. */
  readonly disk?: StorageSpace;
  readonly cursors: readonly CursorStatus[];
  readonly snapshots: readonly SnapshotStatus[];
  /** Files that are not part of the log, or no longer. */
  readonly others: OtherFiles;
  /** Damage that shows without a scan. */
  readonly damages: readonly Damage[];
  /** What its owner says; absent if it was not asked. */
  readonly live?: StatusAnswer;
}

/** Where a log begins and ends. */
interface LogExtent {
  /** LSN of the oldest record kept, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN of the last record; below the first if there is none. */
  readonly lastLsn: number;
  /** LSN up to which the log declares all records durable. */
  readonly durableLsn: number;
  /** Number of LSNs between those, even if a repair lost some records. */
  readonly records: number;
  /** Whether the last owner closed the log. */
  readonly isClosed: boolean;
  /** When the oldest record was written, in ms since 1970; absent if unknown. */
  readonly oldestTime?: number;
  /** The same of the last one. */
  readonly newestTime?: number;
}

/** How far a consumer is. */
export interface CursorStatus {
  readonly name: string;
  /** LSN of the last commit; absent if the cursor cannot be read. */
  readonly committedLsn?: number;
  /** Number of durable records that are not committed. */
  readonly lag?: number;
  /** Bytes of the segments that hold these records. */
  readonly bytes?: number;
  /** Why it cannot be read. */
  readonly error?: string;
}

interface SnapshotStatus {
  readonly name: string;
  /** LSN of the last record that it covers. */
  readonly lsn: number;
  readonly bytes: number;
}

/** Names of files, by what they are. */
type OtherFiles = Readonly<
  Record<
    "fenced" | "originals" | "strays" | "unfinished" | "obsolete" | "replaced",
    readonly string[]
  >
>;

/**
 * Reads the status of the log in a real directory. Takes no lock, writes
 * nothing, and reads the last segment at most, however many there are. Damage
 * is part of the result; rejects if there is no log, or it cannot be read.
 */
export async function readStatus(storage: Storage): Promise<LogStatus> {
  const { location } = storage;
  const lock = readLockState(location);
  const files = await surveyLiveLog(storage);
  if (files.manifest === undefined && files.damage === undefined) {
    throw noLogError("show the status of", storage);
  }
  const damages: Damage[] = files.damage === undefined ? [] : [files.damage];
  const extent = await noting(
    damages,
    () => readExtent(storage, files, damages),
  );
  const segments = files.segments.map((segment) => ({
    ...segment,
    bytes: sizeOf(location, segment.name),
  }));
  const cursors =
    await noting(damages, () => cursorsOf(new CursorFiles(storage))) ?? [];
  // Not every system, or every runtime, can tell.
  const disk = await storage.space?.();
  return {
    lock,
    ...(extent !== undefined && { extent }),
    segments: segments.length,
    bytes: sumOf(segments),
    ...(disk !== undefined && { disk }),
    cursors: cursors.map((cursor) => judgeCursor(cursor, extent, segments)),
    snapshots: snapshotsOf(location, files),
    others: othersOf(files),
    damages,
  };
}

/** Runs `act`; damage that it finds is added to `damages`, once. */
async function noting<Result>(
  damages: Damage[],
  act: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CorruptLogError)) throw error;
    const { segment: file, offset, reason } = error;
    const isKnown = damages.some((one) =>
      one.file === file && one.reason === reason
    );
    if (!isKnown) damages.push({ file, offset, reason });
  }
}

async function readExtent(
  storage: Storage,
  { manifest }: LiveSurvey,
  damages: Damage[],
): Promise<LogExtent> {
  const log = await ObservedLog.open(storage, "os");
  try {
    const { firstLsn, writtenLsn: lastLsn, durableLsn, end } = log;
    if (end instanceof Error) await noting(damages, () => Promise.reject(end));
    const timeOf = (lsn: number) => noting(damages, () => readTime(log, lsn));
    const oldestTime = await timeOf(firstLsn);
    const newestTime = await timeOf(lastLsn);
    return {
      ...{ firstLsn, lastLsn, durableLsn },
      records: lastLsn - firstLsn + 1,
      isClosed: manifest?.closed === true,
      ...(oldestTime !== undefined && { oldestTime }),
      ...(newestTime !== undefined && { newestTime }),
    };
  } finally {
    await log.close();
  }
}

/** When a record was written; `undefined` if it is not there. */
async function readTime(
  log: ObservedLog,
  lsn: number,
): Promise<number | undefined> {
  if (lsn < log.firstLsn || lsn > log.writtenLsn) return undefined;
  try {
    const { time, lost } = await firstOf(log.read(lsn, lsn));
    return lost === undefined ? time : undefined;
  } catch (error) {
    // Its owner has dropped it a moment ago.
    if (error instanceof CompactedError) return undefined;
    throw error;
  }
}

function judgeCursor(
  { name, committedLsn, error }: HeldCursor,
  extent: LogExtent | undefined,
  segments: readonly (SegmentName & { readonly bytes: number })[],
): CursorStatus {
  if (error !== undefined) return { name, error: (error as Error).message };
  if (committedLsn === undefined) return { name };
  if (extent === undefined) return { name, committedLsn };
  const lag = Math.max(0, extent.durableLsn - committedLsn);
  const needed = segments.filter((_, index) =>
    (segments[index + 1]?.firstLsn ?? Infinity) > committedLsn + 1
  );
  return { name, committedLsn, lag, bytes: lag === 0 ? 0 : sumOf(needed) };
}

function sumOf(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function snapshotsOf(
  location: string,
  { companions }: LiveSurvey,
): SnapshotStatus[] {
  return companions.flatMap((name) => parseSnapshotName(name) ?? [])
    .map(({ name, lsn }) => ({ name, lsn, bytes: sizeOf(location, name) }))
    .sort((one, other) => one.lsn - other.lsn);
}

function othersOf(files: LiveSurvey): OtherFiles {
  const names = (list: readonly { name: string }[]) =>
    list.map(({ name }) => name);
  const { originals, strays } = files;
  return {
    fenced: names(files.fenced),
    ...{ originals, strays },
    unfinished: names(files.unfinished),
    obsolete: names(files.obsolete),
    replaced: names(files.replaced),
  };
}

/** 0 for a file that is gone: the log's owner may drop it at any time. */
function sizeOf(location: string, name: string): number {
  return statSync(join(location, name), { throwIfNoEntry: false })?.size ?? 0;
}
