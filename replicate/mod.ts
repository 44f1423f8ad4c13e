/**
 * Replicas of a log that is written to, on an engine such as one in object
 * storage, and logs that are restored from them.
 *
 * ```ts
 * import { Wal } from "@syncline/wal";
 * import { replicate, restoreReplica } from "@syncline/wal/replicate";
 * import { MemoryStorage } from "@syncline/wal/storage";
 * import { MemoryObjectStore, ObjectLog } from "@syncline/wal/storage/s3";
 * import assert from "node:assert/strict";
 *
 * const wal = await Wal.open(new MemoryStorage()); // or a directory
 * const bucket = new ObjectLog(new MemoryObjectStore()); // or an S3Store
 * const replica = await replicate(wal, bucket);
 * await wal.append("in both places when this resolves", { ack: "remote" });
 * await replica.close();
 * await wal.close();
 *
 * const restored = new MemoryStorage();
 * const { lastLsn } = await restoreReplica(bucket, restored);
 * assert.equal(lastLsn, 1);
 * ```
 *
 * - {@linkcode replicate} attaches a {@linkcode Replica} to a `Wal`, or follows a
 *   `WalReader`; failures of the engine never hold up the log.
 * - {@linkcode restoreReplica} makes a log in files of a replica, up to an LSN or
 *   a time, and continues after a kill.
 * - {@linkcode NotReplicatedError}, {@linkcode ForeignReplicaError} and
 *   {@linkcode ReplicaGapError} say what cannot be confirmed or continued.
 *
 * **Limits.** Snapshots and cursors are not replicated. A log has one replica at
 * a time, and has to be in files.
 *
 * **Read next:** [Replication](https://github.com/syncline/wal/blob/main/docs/replication.md), and
 * `wal replicate` in [Command line](https://github.com/syncline/wal/blob/main/docs/cli.md).
 *
 * @module
 */
export { BackupError, type BackupProblem } from "../backup/backup_error.ts";
export {
  ForeignReplicaError,
  type ForeignReplicaProblem,
  NotReplicatedError,
  ReplicaGapError,
} from "./replica_errors.ts";
export type { ReplicaState, ReplicaStats } from "../monitor/replica_stats.ts";
export { type CloseReplicaOptions, Replica } from "./replica.ts";
export type { ReplicableLog } from "./replica_source.ts";
export { replicate, type ReplicateOptions } from "./replicate.ts";
export {
  type RestoreProgress,
  restoreReplica,
  type RestoreReplicaOptions,
  type RestoreReplicaReport,
} from "./restore_replica.ts";
export type { ReplicaRetention } from "./retain.ts";
