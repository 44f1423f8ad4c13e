import {
  requireInteger,
  requireOptions,
  requireSignal,
  requireType,
} from "../argument.ts";
import { requireTime } from "../reader/begin_specially.ts";
import { findByTime } from "../reader/find_by_time.ts";
import { listFiles } from "../recovery/survey.ts";
import {
  ARCHIVE_CURSOR,
  encodeSegmentHeader,
  formatCursorName,
  type LogMeta,
  makeLogId,
  type Manifest,
  newerMeta,
  newManifest,
} from "../storage/format/mod.ts";
import {
  type ChainPlace,
  randomNumber,
  removeQuietly,
  requireHeld,
  SegmentCursor,
  splitFrame,
  writeManifest,
} from "../storage/segments/mod.ts";
import {
  type Storage,
  type StorageLock,
  writeAll,
} from "../storage/storage.ts";
import { toStorage } from "../storage/storage_target.ts";
import {
  closeSnapshots,
  copySnapshot,
  openSnapshots,
  putCursor,
  readCursors,
} from "./companions.ts";
import { putFile } from "./put_file.ts";
import { PLACE_RULE, requireApart } from "./require_apart.ts";
import type { SegmentPart } from "./segment_copier.ts";
import { SourceLog, type SourceLook } from "./source_log.ts";
import { requireEmpty } from "./target_state.ts";
import { walkFrames } from "./walk_frames.ts";

/** Options of {@linkcode restoreBackup}. */
export interface RestoreOptions {
  /**
   * LSN of the last record to restore: from one below the oldest record of the
   * backup up to its last one. Default: the last one. Not together with `time`.
   */
  lsn?: number | undefined;
  /**
   * Restores the records written at this time or before, in ms since 1970 or as
   * a `Date`: at least the time of the oldest record of the backup.
   */
  time?: Date | number | undefined;
  /** Ends the call: it then rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** As in `BackupOptions`. */
  storage?: ((directory: string | URL) => Storage) | undefined;
}

/** What was restored. */
export interface RestoreReport {
  /** LSN of the oldest record, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN of the last record; `firstLsn - 1` if there is none. */
  readonly lastLsn: number;
  /** Number of segments. */
  readonly segments: number;
  /** Number of snapshots. */
  readonly snapshots: number;
  /** Number of cursors. */
  readonly cursors: number;
  /** Bytes of segments and snapshots that were written. */
  readonly bytes: number;
}

const OPTIONS: readonly (keyof RestoreOptions)[] = [
  ...["lsn", "time", "signal", "storage"] as const,
];
const ACTION = "restore a log";
const TO = "restore to";

/**
 * Makes a log in the empty directory `target` of the backup, or the log, in the
 * directory `backup`, which it does not change: of all its records, or of those
 * up to an LSN or a time. Every frame is checked.
 *
 * The new log has another id, so that a backup of the original does not
 * continue with it. LSNs, records, times and metadata stay the same. Snapshots
 * come along if they cover nothing beyond the last record. So do cursors, and
 * those beyond the last record go back to it. How far the original is archived
 * does not come along.
 *
 * When it resolves, the log is durable and can be opened. If it rejects, what it
 * wrote is removed again; if the process is killed, the target does not open.
 *
 * Rejects with `TypeError` for bad arguments; `RangeError` if `lsn` or `time` is
 * out of range, or no snapshot leads up to the records that are left;
 * {@linkcode BackupError} if there is no log, or the target is not empty; and
 * `CorruptLogError`, `LogLockedError`, `StorageFullError` or `StorageError`.
 *
 * @example
 * ```ts
 * import { backupLog, restoreBackup } from "@syncline/wal/backup";
 * import { Wal } from "@syncline/wal";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const log = new MemoryStorage(); // or directories
 * const wal = await Wal.open(log);
 * await wal.appendBatch(["one", "two", "three"]);
 * await wal.close();
 * const backup = new MemoryStorage();
 * await backupLog(log, backup);
 *
 * const target = new MemoryStorage();
 * const { lastLsn } = await restoreBackup(backup, target, { lsn: 2 });
 * assert.equal(lastLsn, 2);
 * ```
 */
export async function restoreBackup(
  backup: string | URL | Storage,
  target: string | URL | Storage,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  checkOptions(options);
  const { storage: makeStorage, signal } = options;
  const from = await toStorage(backup, {
    action: ACTION,
    rule: PLACE_RULE,
    makeStorage,
  });
  const to = await toStorage(target, {
    action: ACTION,
    rule: PLACE_RULE,
    makeStorage,
  });
  requireApart(ACTION, from, to);
  signal?.throwIfAborted();
  const source = await SourceLog.open(ACTION, from);
  try {
    const lsn = await source.attempt((look) => findEnd(source, look, options));
    await to.prepare();
    requireEmpty(TO, to, await listFiles(to), "not-empty");
    const lock = await to.lock();
    try {
      requireEmpty(TO, to, await listFiles(to), "not-empty");
      return await source.attempt((look) =>
        new Restore(source, to, lock, signal).make(look, lsn)
      );
    } finally {
      await lock.release();
    }
  } finally {
    await source.close();
  }
}

function checkOptions(options: RestoreOptions): void {
  requireOptions(ACTION, options, OPTIONS);
  const { lsn, time, signal, storage } = options;
  if (lsn !== undefined && time !== undefined) {
    throw new TypeError(
      `Cannot ${ACTION} because lsn and time must not be given together`,
    );
  }
  if (lsn !== undefined) requireInteger(ACTION, "lsn", lsn, 0);
  if (time !== undefined) requireTime(ACTION, "time", time);
  if (signal !== undefined) requireSignal(ACTION, signal);
  if (storage !== undefined) {
    requireType(ACTION, "storage", storage, "function");
  }
}

/** LSN of the last record to restore; throws `RangeError` if there is none. */
async function findEnd(
  { log }: SourceLog,
  { firstLsn, lastLsn }: SourceLook,
  { lsn, time }: RestoreOptions,
): Promise<number> {
  if (lsn !== undefined) {
    return requireInteger(ACTION, "lsn", lsn, firstLsn - 1, lastLsn);
  }
  if (time === undefined) return lastLsn;
  const ms = requireTime(ACTION, "time", time);
  const next = await findByTime(log, Math.floor(ms) + 1);
  if (next > firstLsn) return Math.min(next - 1, lastLsn);
  const rule = lastLsn < firstLsn
    ? "there is no record whose time would tell what to restore: give no time"
    : `time must be at least that of record ${firstLsn}, the oldest one: ` +
      `received ${new Date(ms).toISOString()}`;
  throw new RangeError(`Cannot ${ACTION} because ${rule}`);
}

/** One restore, once the target is locked. */
class Restore {
  readonly #source: SourceLog;
  readonly #target: Storage;
  readonly #lock: StorageLock;
  readonly #signal: AbortSignal | undefined;
  readonly #log: string;
  /** The files that were made. */
  readonly #made: string[] = [];

  constructor(
    source: SourceLog,
    target: Storage,
    lock: StorageLock,
    signal: AbortSignal | undefined,
  ) {
    this.#source = source;
    this.#target = target;
    this.#lock = lock;
    this.#signal = signal;
    this.#log = makeLogId(() => randomNumber(target));
  }

  async make(look: SourceLook, lastLsn: number): Promise<RestoreReport> {
    try {
      return await this.#make(look, lastLsn);
    } catch (error) {
      for (const name of this.#made) await removeQuietly(this.#target, name);
      throw error;
    }
  }

  async #make(look: SourceLook, lastLsn: number): Promise<RestoreReport> {
    const target = this.#target;
    const snapshots = await openSnapshots(this.#source, look, lastLsn);
    try {
      const { firstLsn } = look;
      if (snapshots.length === 0) await this.#requireNoSnapshot(look, lastLsn);
      const end = await this.#copyAll(look, lastLsn);
      let { bytes } = end;
      for (const snapshot of snapshots) {
        const { name } = snapshot.name;
        const copy = { log: this.#log, signal: this.#signal };
        this.#made.push(name);
        bytes += await copySnapshot(snapshot, target, copy);
      }
      const cursors = await this.#copyCursors(look, lastLsn);
      await target.syncDirectory();
      this.#signal?.throwIfAborted();
      await requireHeld(target.location, this.#lock);
      await writeManifest(target, this.#manifestOf(look, lastLsn, end));
      return {
        firstLsn,
        lastLsn,
        segments: end.segments,
        snapshots: snapshots.length,
        cursors,
        bytes,
      };
    } finally {
      await closeSnapshots(snapshots);
    }
  }

  /** Throws if all snapshots that lead up to the log cover too much. */
  async #requireNoSnapshot(look: SourceLook, lastLsn: number): Promise<void> {
    const { firstLsn } = look;
    if (firstLsn === 1 || lastLsn === look.lastLsn) return;
    const later = await openSnapshots(this.#source, look, look.lastLsn);
    await closeSnapshots(later);
    const oldest = later.at(-1)?.name.lsn;
    if (oldest === undefined) return;
    throw new RangeError(
      `Cannot ${ACTION} up to record ${lastLsn} because the records before ` +
        `${firstLsn} are only in snapshots, of which the oldest covers those ` +
        `up to ${oldest}`,
    );
  }

  async #copyAll({ segments, manifest }: SourceLook, lastLsn: number) {
    const kept = segments.filter(({ firstLsn }) => firstLsn <= lastLsn);
    let { meta } = manifest;
    let time = 0;
    let bytes = 0;
    let before: ChainPlace | undefined;
    for (const [index, segment] of kept.entries()) {
      const end = kept[index + 1]?.firstLsn ?? lastLsn + 1;
      const isLast = index === kept.length - 1;
      const copied = await this.#copy({ segment, end, isLast, before });
      before = copied.place;
      meta = newerMeta(meta, copied.meta);
      time = Math.max(time, copied.time);
      bytes += copied.bytes;
    }
    return {
      segments: kept.length,
      link: before?.link ?? 0,
      meta,
      time,
      bytes,
    };
  }

  /** Copies a segment up to record `end - 1`, if need be a part of a frame. */
  async #copy({ segment, end, isLast, before }: SegmentPart) {
    const log = this.#log;
    const cursor = await SegmentCursor.open(this.#source.storage, segment);
    try {
      if (before !== undefined) cursor.requireToFollow(before);
      const header = encodeSegmentHeader({ ...cursor.reader.header, log });
      this.#made.push(segment.name);
      return await putFile(this.#target, segment.name, async (file) => {
        await writeAll(file, header, 0);
        const { place, offset, last, meta, split } = await walkFrames(cursor, {
          end,
          maySplit: isLast,
          signal: this.#signal,
          pass: (bytes, offset) => writeAll(file, bytes, offset),
        });
        const time = split?.time ?? last?.time ?? 0;
        if (split === undefined) {
          return { place, meta, time, bytes: offset };
        }
        const part = splitFrame(split, end - 1, split);
        await writeAll(file, part.bytes, offset);
        return {
          place: { ...place, nextLsn: end, link: part.link },
          meta,
          time,
          bytes: offset + part.bytes.length,
        };
      });
    } finally {
      await cursor.close();
    }
  }

  async #copyCursors(look: SourceLook, lastLsn: number): Promise<number> {
    const cursors = await readCursors(this.#source, look, lastLsn, this.#log);
    // What was archived has the id of the original: nothing of this log is.
    cursors.delete(formatCursorName(ARCHIVE_CURSOR));
    for (const [name, bytes] of cursors) {
      this.#made.push(name);
      await putCursor(this.#target, name, bytes);
    }
    return cursors.size;
  }

  #manifestOf(
    { manifest, segments, firstLsn, cuts }: SourceLook,
    lastLsn: number,
    { link, meta, time }: { link: number; meta?: LogMeta; time: number },
  ): Manifest {
    const epochs = segments.map(({ epoch }) => epoch + 1);
    return {
      ...newManifest(this.#log, firstLsn),
      epoch: Math.max(manifest.epoch, ...epochs),
      baseLsn: lastLsn,
      durableLsn: lastLsn,
      ...{ time, link, closed: true, cuts, meta },
    };
  }
}
