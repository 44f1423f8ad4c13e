/**
 * Replicas of a log that is written to, on an engine such as one in object
 * storage, and logs that are restored from them.
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
