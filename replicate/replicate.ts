import {
  argumentError,
  requireAmount,
  requireInteger,
  requireMethod,
  requireOptions,
  requirePositive,
  requireType,
} from "../argument.ts";
import type { LogEngine } from "../storage/log_engine.ts";
import { type Clock, systemClock } from "../writer/clock.ts";
import { Replica, type ReplicaSettings } from "./replica.ts";
import { type ReplicableLog, sourceOf } from "./replica_source.ts";
import type { ReplicaRetention } from "./retain.ts";

/** Options of {@linkcode replicate}. */
export interface ReplicateOptions {
  /**
   * Ms that a record waits for others to share a frame with, at least 0. It is
   * most of what `ack: "remote"` takes, and what a replica costs: each frame is
   * a request. Default 250.
   */
  limitMs?: number | undefined;
  /**
   * Bytes of records beyond which a frame waits no longer: an integer of at
   * least 1. Default 4,194,304.
   */
  limitBytes?: number | undefined;
  /**
   * Whether this log may go on with the replica of another log that it
   * continues, such as after a restore; the other one is fenced. Default false.
   */
  takeOver?: boolean | undefined;
  /**
   * While the log has at most this many bytes on storage, it drops no record
   * that the replica lacks: an integer of at least 0, or `Infinity`. A log that
   * another process writes is not held back. Default 4,294,967,296.
   */
  holdBytes?: number | undefined;
  /** How much the replica keeps. Default: everything. */
  retention?: ReplicaRetention | undefined;
  /** Ms that a call of the engine may take, above 0. Default 60,000. */
  timeoutMs?: number | undefined;
  /** Receives warnings. Default: `console.warn`. */
  warn?: ((message: string) => void) | undefined;
  /** A controllable clock for tests. Default: the system clock. */
  clock?: Clock | undefined;
}

const OPTIONS: readonly (keyof ReplicateOptions)[] = [
  ...["limitMs", "limitBytes", "takeOver", "holdBytes", "retention"] as const,
  ...["timeoutMs", "warn", "clock"] as const,
];
const ACTION = "replicate a log";

/**
 * Keeps a replica of a log on an engine, such as one in object storage: a log
 * with the same records and LSNs, which `WalReader` reads and
 * {@linkcode restoreReplica} makes a directory of.
 *
 * Resolves once the replica is connected. If the engine cannot be reached, it
 * resolves as well: the replica is `degraded` then, and connects later. While it
 * is attached to a `Wal`, appends may ask for `ack: "remote"`. One replica at a
 * time can be attached.
 *
 * Rejects with `TypeError` or `RangeError` for bad arguments; with
 * {@linkcode ForeignReplicaError} if what is there does not continue with this
 * log, {@linkcode ReplicaGapError} if the log has dropped what is missing there,
 * `FencedError` if another owner opens it at this moment, and
 * `NoDirectoryError` if the log is not in files.
 *
 * @example
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { replicate } from "@syncline/wal/replicate";
 * import { MemoryObjectStore, ObjectLog } from "@syncline/wal/storage/s3";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import assert from "node:assert/strict";
 *
 * const wal = await Wal.open(new MemoryStorage()); // or a directory
 * const bucket = new ObjectLog(new MemoryObjectStore()); // or an S3Store
 * const replica = await replicate(wal, bucket, { limitMs: 20 });
 * await wal.append("on disk, and in the bucket", { ack: "remote" });
 * assert.equal(replica.stats().lsn, 1);
 * await replica.close();
 * await wal.close();
 * ```
 */
export async function replicate(
  source: ReplicableLog,
  engine: LogEngine,
  options: ReplicateOptions = {},
): Promise<Replica> {
  const settings = checkOptions(engine, options);
  const from = await sourceOf(source);
  const replica = new Replica(from, engine, settings);
  const { access, view: { firstLsn } } = from;
  if (access !== undefined) {
    if (access.replica !== undefined) {
      throw new TypeError(
        `Cannot ${ACTION} because "${from.location}" has a replica already: ` +
          "close that first",
      );
    }
    access.replica = replica;
  }
  if (firstLsn > 1) {
    settings.warn(
      `the records of "${from.location}" before ${firstLsn} are dropped: its ` +
        "replica begins there too, and snapshots are not replicated",
    );
  }
  await replica.begin();
  return replica;
}

function checkOptions(
  engine: LogEngine,
  options: ReplicateOptions,
): ReplicaSettings {
  requireMethod(ACTION, "its engine", engine, "openLog");
  requireOptions(ACTION, options, OPTIONS);
  const {
    limitMs = 250,
    limitBytes = 4 * 1024 * 1024,
    takeOver = false,
    holdBytes = 4 * 1024 ** 3,
    timeoutMs = 60_000,
    retention,
    warn = console.warn,
    clock = systemClock,
  } = options;
  requireAmount(ACTION, "limitMs", limitMs);
  requireInteger(ACTION, "limitBytes", limitBytes);
  requireType(ACTION, "takeOver", takeOver, "boolean");
  if (holdBytes !== Infinity) {
    requireInteger(ACTION, "holdBytes", holdBytes, 0);
  }
  requirePositive(ACTION, "timeoutMs", timeoutMs);
  requireType(ACTION, "warn", warn, "function");
  requireMethod(ACTION, "clock", clock, "after");
  if (retention !== undefined) checkRetention(retention);
  return {
    ...{ limitMs, limitBytes, takeOver, holdBytes, timeoutMs, retention },
    ...{ warn, clock },
  };
}

function checkRetention(retention: ReplicaRetention): void {
  requireOptions(ACTION, retention, ["keepMs", "keepRecords"]);
  const { keepMs, keepRecords } = retention;
  if (keepMs !== undefined) requirePositive(ACTION, "keepMs", keepMs);
  if (keepRecords !== undefined) {
    requireInteger(ACTION, "keepRecords", keepRecords, 0);
  }
  if (keepMs === undefined && keepRecords === undefined) {
    const rule = "an object with keepMs or keepRecords";
    throw argumentError(ACTION, "retention", rule, retention, false);
  }
}
