import {
  findSnapshots,
  whyNotContinued,
} from "../checkpoint/find_snapshots.ts";
import { SnapshotFile } from "../checkpoint/snapshot.ts";
import { readCursor } from "../reader/cursors/mod.ts";
import { isGone } from "../reader/survey_live_log.ts";
import { CorruptLogError } from "../storage/corrupt_log_error.ts";
import {
  encodeCursor,
  encodeSnapshotHeader,
  SNAPSHOT_HEADER_BYTES,
} from "../storage/format/companions/mod.ts";
import { parseCursorName, type SnapshotName } from "../storage/format/mod.ts";
import { readFully } from "../storage/segments/mod.ts";
import { type Storage, writeAll } from "../storage/storage.ts";
import { areEqual } from "./are_equal.ts";
import { putFile } from "./put_file.ts";
import type { SourceLog, SourceLook } from "./source_log.ts";

/** How often a snapshot of what is not yet durable is waited for. */
const PATIENCE = 5;

/** An open snapshot of the source, which stays readable if it is removed. */
export interface OpenSnapshot {
  readonly name: SnapshotName;
  readonly file: SnapshotFile;
}

/**
 * Opens the snapshots that the records up to `lastLsn` continue. Rejects if one
 * is damaged, and looks again if records were dropped since the look, with a
 * snapshot of later ones.
 */
export async function openSnapshots(
  source: SourceLog,
  { identity, firstLsn, misses }: SourceLook,
  lastLsn: number,
): Promise<OpenSnapshot[]> {
  const { storage } = source;
  const fitting: OpenSnapshot[] = [];
  let isAhead = false;
  try {
    for (const name of await findSnapshots(storage)) {
      const file = await SnapshotFile.open(storage, name);
      if (typeof file === "string") {
        const path = `${storage.location}/${name.name}`;
        throw new CorruptLogError(path, 0, `snapshot: ${file}`);
      }
      const place = { identity, firstLsn, lastLsn };
      const reason = whyNotContinued(file.header, place);
      if (reason === undefined) fitting.push({ name, file });
      else {
        isAhead ||= file.header.log === identity.log && name.lsn > lastLsn;
        await file.close();
      }
    }
    const isMissed = firstLsn > 1 && fitting.length === 0 && isAhead;
    if (isMissed && misses < PATIENCE) throw source.again;
    return fitting;
  } catch (error) {
    await closeSnapshots(fitting);
    throw error;
  }
}

/** Closes what {@linkcode openSnapshots} opened. */
export async function closeSnapshots(
  snapshots: readonly OpenSnapshot[],
): Promise<void> {
  for (const { file } of snapshots) await file.close();
}

/** How to copy a snapshot. */
export interface SnapshotCopy {
  /** The id of the log that the copy belongs to. */
  readonly log: string;
  /** Whether to read what is in the target again. */
  readonly verify?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a snapshot, and checks all of it. Returns how many bytes it wrote: none
 * if it is there.
 */
export async function copySnapshot(
  { name, file }: OpenSnapshot,
  target: Storage,
  { log, verify = false, signal }: SnapshotCopy,
): Promise<number> {
  const header = encodeSnapshotHeader({ ...file.header, log });
  const bytes = SNAPSHOT_HEADER_BYTES + file.header.length;
  const isKept = await isThere(target, name.name, header, bytes) &&
    !(verify && await faultOf(target, name) !== undefined);
  if (isKept) return 0;
  await putFile(target, name.name, async (copy) => {
    await writeAll(copy, header, 0);
    let offset = SNAPSHOT_HEADER_BYTES;
    for await (const piece of file.read()) {
      signal?.throwIfAborted();
      await writeAll(copy, piece, offset);
      offset += piece.length;
    }
  });
  const fault = verify ? await faultOf(target, name) : undefined;
  if (fault === undefined) return bytes;
  throw new CorruptLogError(`${target.location}/${name.name}`, 0, fault);
}

/** Reads all of a snapshot in the target; returns what is wrong with it. */
async function faultOf(
  target: Storage,
  name: SnapshotName,
): Promise<string | undefined> {
  const file = await SnapshotFile.open(target, name);
  if (typeof file === "string") return file;
  try {
    return await file.check();
  } finally {
    await file.close();
  }
}

/** Whether a file has such a start, and this many bytes in all. */
async function isThere(
  target: Storage,
  name: string,
  start: Uint8Array,
  bytes: number,
): Promise<boolean> {
  if (!(await target.list()).includes(name)) return false;
  const file = await target.open(name, "read");
  try {
    const found = await readFully(file, 0, start.length);
    return await file.size() === bytes && areEqual(found, start);
  } finally {
    await file.close();
  }
}

/**
 * The cursors of a log, as files of the log `log` that ends with `lastLsn`. A
 * cursor that is further goes back to there, because it would pass over what is
 * appended next.
 */
export async function readCursors(
  { storage }: SourceLog,
  { identity }: SourceLook,
  lastLsn: number,
  log: string,
): Promise<Map<string, Uint8Array>> {
  const cursors = new Map<string, Uint8Array>();
  for (const name of await storage.list()) {
    const cursor = parseCursorName(name);
    if (cursor === undefined) continue;
    try {
      const { newest } = await readCursor(storage, cursor);
      if (newest.log !== identity.log) continue;
      const lsn = Math.min(newest.lsn, lastLsn);
      const commit = { ...newest, log, lsn, sequence: 1, confirmed: 1 };
      cursors.set(name, encodeCursor(commit));
    } catch (error) {
      // A cursor that has just been deleted.
      if (!isGone(error)) throw error;
    }
  }
  return cursors;
}

/** Writes a cursor's file, unless it is there. */
export async function putCursor(
  target: Storage,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  if (await isThere(target, name, bytes, bytes.length)) return;
  const temporary = `${name}.00000000.tmp`;
  const write = async (file: Parameters<typeof writeAll>[0]) =>
    await writeAll(file, bytes, 0);
  await putFile(target, name, write, temporary);
}
