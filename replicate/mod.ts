/** */
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
export type { ReplicaRetention } from "./retain.ts";
