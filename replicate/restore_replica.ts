import {
  argumentError,
  requireInteger,
  requireMethod,
  requireOptions,
  requireSignal,
  requireType,
} from "../argument.ts";
import { requireTime } from "../reader/begin_specially.ts";
import { EngineSource } from "../reader/engine_source.ts";
import { findByTime } from "../reader/find_by_time.ts";
import {
  formatManifestName,
  makeLogId,
  newManifest,
} from "../storage/format/mod.ts";
import type { BatchSource, RecordBatch } from "../storage/frame_log.ts";
import type { LogEngine, LogObserver } from "../storage/log_engine.ts";
import {
  randomNumber,
  removeQuietly,
  requireHeld,
  SegmentLookup,
  SegmentReads,
  writeManifest,
} from "../storage/segments/mod.ts";
import { listFiles } from "../recovery/survey.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { toStorage } from "../storage/storage_target.ts";
import { onAbort, orAborted } from "../writer/abort.ts";
import { ForeignReplicaError } from "./replica_errors.ts";
import {
  declareRestore,
  findRestored,
  forget,
  requireRestorable,
  type RestoredPart,
} from "./restored_part.ts";
import { compareRecords } from "./same_records.ts";
import { RESTORED_EPOCH, SegmentFiles } from "./segment_files.ts";

/** How far a restore is. */
export interface RestoreProgress {
  /** LSN of the last record that was read. */
  readonly lsn: number;
  /** LSN of the last record to restore. */
  readonly lastLsn: number;
  /** LSN of the first one. */
  readonly firstLsn: number;
  /** Bytes of segments written by this call. */
  readonly bytes: number;
}

/** Options of {@linkcode restoreReplica}. */
export interface RestoreReplicaOptions {
  /**
   * LSN of the last record to restore, or a `Date`: then all records written
   * until then are restored. Default: all that the replica has.
   */
  to?: number | Date | undefined;
  /** Called after every few MiB, and at the end. */
  onProgress?: ((progress: RestoreProgress) => void) | undefined;
  /** Ends the call: it then rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** As in `WalOptions`. */
  segmentBytes?: number | undefined;
  /** As in `WalOptions`. */
  storage?: ((directory: string | URL) => Storage) | undefined;
}

/** What was restored. */
export interface RestoreReplicaReport {
  /** LSN of the oldest record, or of the next one if there is none. */
  readonly firstLsn: number;
  /** LSN of the last record; `firstLsn - 1` if there is none. */
  readonly lastLsn: number;
  /** Number of segments. */
  readonly segments: number;
  /** Bytes of segments that this call has written. */
  readonly bytes: number;
  /** Bytes that earlier calls had written, which were checked. */
  readonly keptBytes: number;
}

const OPTIONS: readonly (keyof RestoreReplicaOptions)[] = [
  ...["to", "onProgress", "signal", "segmentBytes", "storage"] as const,
];
const ACTION = "restore a replica";
const RULE = "a path that is not empty, a file URL or a storage";

/** Records at the end of what was restored before that are compared. */
const COMPARED = 64;

/** Bytes between two reports of progress. */
const PROGRESS_BYTES = 4 * 1024 * 1024;

/**
 * Makes a log in the directory `target` of the replica on an engine, which it
 * does not change: of all its records, or of those up to an LSN or a time. LSNs,
 * records and holes are the same, and so is the metadata, which is always the
 * newest. Times are those of the replica. The log has an id of its own.
 *
 * When it resolves, the log is durable and can be opened. Before that, nothing
 * opens the directory. If it rejects, or the process is killed, the next call
 * goes on where it was, once it has checked what is there. Two calls with the
 * same target exclude each other.
 *
 * Rejects with `TypeError` or `RangeError` for bad arguments, and if `to` is
 * beyond what the replica has; with `BackupError` if the target holds other
 * files, {@linkcode ForeignReplicaError} if it holds a part of another replica,
 * `LogLockedError`, `StorageFullError`, `StorageError`, and what the engine
 * rejects with.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { replicate, restoreReplica } from "@syncline/wal/replicate";
 * import { MemoryObjectStore, ObjectLog } from "@syncline/wal/storage/s3";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const bucket = new ObjectLog(new MemoryObjectStore()); // or an S3Store
 * const wal = await Wal.open(new MemoryStorage()); // or a directory
 * const replica = await replicate(wal, bucket, { limitMs: 20 });
 * await wal.append("kept", { ack: "remote" });
 * await replica.close();
 * await wal.close();
 *
 * const restored = new MemoryStorage();
 * const { lastLsn } = await restoreReplica(bucket, restored);
 * assert.equal(lastLsn, 1);
 * ```
 */
export async function restoreReplica(
  engine: LogEngine,
  target: string | URL | Storage,
  options: RestoreReplicaOptions = {},
): Promise<RestoreReplicaReport> {
  checkOptions(engine, options);
  const { storage: makeStorage, signal } = options;
  const to = await toStorage(target, {
    action: ACTION,
    rule: RULE,
    makeStorage,
  });
  signal?.throwIfAborted();
  const observer = await observe(engine, signal);
  // A store that does not answer would hold a read up.
  const unwatch = signal &&
    onAbort(signal, () => void observer.close().catch(() => {}));
  try {
    const lastLsn = await findEnd(engine, observer, options);
    await to.prepare();
    // Before a lock file is put where it is nobody's business.
    await requireRestorable(to);
    const lock = await to.lock({ above: (await listFiles(to)).highestEpoch });
    try {
      const parts = { engine, observer, target: to, lock, lastLsn };
      return await new ReplicaRestore(parts, options).make();
    } finally {
      await lock.release();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    unwatch?.();
    await observer.close();
  }
}

/** Looks at the replica, unless `signal` comes first. */
async function observe(
  engine: LogEngine,
  signal: AbortSignal | undefined,
): Promise<LogObserver> {
  const observing = engine.observeLog();
  try {
    return await orAborted(observing, signal);
  } catch (error) {
    observing.then((late) => late.close()).catch(() => {});
    throw error;
  }
}

function checkOptions(
  engine: LogEngine,
  options: RestoreReplicaOptions,
): void {
  requireMethod(ACTION, "its engine", engine, "observeLog");
  requireOptions(ACTION, options, OPTIONS);
  const { to, onProgress, signal, segmentBytes, storage } = options;
  if (to instanceof Date) requireTime(ACTION, "to", to);
  else if (to !== undefined) requireInteger(ACTION, "to", to, 0);
  if (signal !== undefined) requireSignal(ACTION, signal);
  if (segmentBytes !== undefined) {
    requireInteger(ACTION, "segmentBytes", segmentBytes, 4096);
  }
  if (onProgress !== undefined) {
    requireType(ACTION, "onProgress", onProgress, "function");
  }
  if (storage !== undefined) {
    requireType(ACTION, "storage", storage, "function");
  }
}

/** LSN of the last record to restore; throws if there is none. */
async function findEnd(
  { location }: LogEngine,
  observer: LogObserver,
  { to }: RestoreReplicaOptions,
): Promise<number> {
  const { firstLsn, lastLsn, epoch = 0 } = observer;
  if (epoch === 0 && lastLsn < firstLsn) {
    throw new Error(
      `Cannot ${ACTION} because there is no log at "${location}"`,
    );
  }
  if (to === undefined) return lastLsn;
  if (typeof to === "number") {
    return requireInteger(ACTION, "to", to, firstLsn - 1, lastLsn);
  }
  const next = await findByTime(new EngineSource(observer), Number(to) + 1);
  if (next > firstLsn) return Math.min(next - 1, lastLsn);
  const rule = `a time not before that of record ${firstLsn}, the oldest one`;
  throw argumentError(ACTION, "to", rule, to.toISOString(), true);
}

/** What a restore is made of. */
interface RestoreParts {
  readonly engine: LogEngine;
  readonly observer: LogObserver;
  readonly target: Storage;
  readonly lock: StorageLock;
  readonly lastLsn: number;
}

/** One restore, once the target is locked. */
class ReplicaRestore {
  readonly #parts: RestoreParts;
  readonly #options: RestoreReplicaOptions;

  constructor(parts: RestoreParts, options: RestoreReplicaOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async make(): Promise<RestoreReplicaReport> {
    const { engine, target, lastLsn } = this.#parts;
    const part = await this.#begin();
    const { log, firstLsn, end, segments } = part;
    // A kill must leave what can be taken up again.
    await declareRestore(target, log, firstLsn, lastLsn, engine.location);
    const { segmentBytes = 64 * 1024 * 1024 } = this.#options;
    const files = new SegmentFiles(target, log, segmentBytes, { ...end });
    try {
      await this.#copy(files, firstLsn);
      await files.finish();
    } catch (error) {
      await files.abandon();
      throw error;
    }
    this.#tell(files, firstLsn);
    await this.#complete(log, firstLsn, files);
    return {
      firstLsn,
      lastLsn,
      segments: segments.length + files.segments,
      bytes: files.bytes,
      keptBytes: part.bytes,
    };
  }

  /** What there is to continue with. */
  async #begin(): Promise<RestoredPart> {
    const { target, observer, lastLsn } = this.#parts;
    const { firstLsn } = observer;
    const found = await findRestored(target);
    const log = found?.log ?? makeLogId(() => randomNumber(target));
    const nothing = { lastLsn: firstLsn - 1, link: 0, time: 0 };
    const anew = { log, firstLsn, end: nothing, segments: [], bytes: 0 };
    if (found === undefined) return anew;
    const { end } = found;
    if (end.lastLsn <= lastLsn && end.lastLsn >= firstLsn) {
      await this.#requireSame(found);
      return found;
    }
    await forget(target, found);
    return anew;
  }

  /** Requires that what was restored before is of this replica. */
  async #requireSame(
    { log, firstLsn, end: { lastLsn }, segments }: RestoredPart,
  ): Promise<void> {
    const { engine, observer, target } = this.#parts;
    const from = Math.max(
      ...[firstLsn, observer.firstLsn, lastLsn - COMPARED + 1],
    );
    const lookup = new SegmentLookup(target, { log, firstLsn: () => firstLsn });
    const range = { log, from, to: lastLsn, firstLsn: () => firstLsn, lookup };
    const restored = new SegmentReads(target, segments, range);
    const theirs = observer.read(from, lastLsn);
    const compared = await compareRecords(from, restored, theirs)
      .finally(() => lookup.close());
    if (compared.lsn === undefined && compared.isSameTime) return;
    const { lsn = lastLsn } = compared;
    const reason = `"${target.location}" holds a part of another replica, ` +
      `whose record ${lsn} is not the same: use an empty directory`;
    throw new ForeignReplicaError(engine.location, "other-records", reason);
  }

  async #copy(files: SegmentFiles, firstLsn: number): Promise<void> {
    const { observer, lastLsn } = this.#parts;
    const { signal } = this.#options;
    const from = files.end.lastLsn + 1;
    if (from > lastLsn) return;
    const batches: BatchSource = observer.read(from, lastLsn);
    let toldAt = 0;
    try {
      while (files.end.lastLsn < lastLsn) {
        signal?.throwIfAborted();
        const { value, done } = await batches.next();
        if (done) throw this.#gap(files.end.lastLsn + 1);
        const batch = value as RecordBatch;
        const nextLsn = files.end.lastLsn + 1;
        if (batch.firstLsn !== nextLsn) throw this.#gap(nextLsn);
        await files.add(batch);
        if (files.bytes - toldAt < PROGRESS_BYTES) continue;
        toldAt = files.bytes;
        this.#tell(files, firstLsn);
      }
    } finally {
      await batches.return?.(undefined);
    }
  }

  #gap(lsn: number): Error {
    const { location } = this.#parts.engine;
    return new Error(
      `Cannot ${ACTION} because record ${lsn} is missing at "${location}"`,
    );
  }

  #tell(files: SegmentFiles, firstLsn: number): void {
    this.#options.onProgress?.({
      ...{ lsn: files.end.lastLsn, lastLsn: this.#parts.lastLsn, firstLsn },
      bytes: files.bytes,
    });
  }

  /** Makes a log of what was restored. */
  async #complete(
    log: string,
    firstLsn: number,
    { end: { lastLsn, link, time } }: SegmentFiles,
  ): Promise<void> {
    const { target, lock, observer: { meta } } = this.#parts;
    this.#options.signal?.throwIfAborted();
    await target.syncDirectory();
    await requireHeld(target.location, lock);
    await writeManifest(target, {
      ...newManifest(log, firstLsn),
      epoch: RESTORED_EPOCH + 1,
      baseLsn: lastLsn,
      durableLsn: lastLsn,
      ...{ time, link, closed: true, meta },
    });
    await removeQuietly(target, formatManifestName(RESTORED_EPOCH));
  }
}
