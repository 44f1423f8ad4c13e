import type { ReplicaState } from "../monitor/replica_stats.ts";
import {
  CompactedError,
  FencedError,
  TruncatedError,
} from "../storage/frame_log.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import { LogFailedError } from "../writer/log_failed_error.ts";
import {
  ForeignReplicaError,
  ReplicaGapError,
  UnfitEngineError,
} from "./replica_errors.ts";

/** What a failure does to a replica. */
export interface Verdict {
  /** How the replica is from now on; it tries again if it is `degraded`. */
  readonly state: Extract<
    ReplicaState,
    "degraded" | "fenced" | "failed" | "closed"
  >;
  readonly error: Error;
  /** Whether to try again at once. */
  readonly atOnce: boolean;
}

/** Where a replica stands when it fails. */
export interface ReplicaPosition {
  readonly location: string;
  /** LSN of its last record. */
  readonly lsn: number;
  /** LSN of the oldest record of its source. */
  readonly firstLsn: number;
}

/** Decides what a failure does to a replica; pure. */
export function judgeFailure(
  failure: unknown,
  { location, lsn, firstLsn }: ReplicaPosition,
): Verdict {
  const error = failure instanceof Error ? failure : new Error(String(failure));
  const atOnce = false;
  if (error instanceof FencedError) return { state: "fenced", error, atOnce };
  if (error instanceof LogClosedError) {
    return { state: "closed", error, atOnce };
  }
  if (error instanceof CompactedError) {
    const gap = new ReplicaGapError(location, lsn, firstLsn);
    return { state: "failed", error: gap, atOnce };
  }
  const isFinal = error instanceof ForeignReplicaError ||
    error instanceof ReplicaGapError || error instanceof LogFailedError ||
    error instanceof UnfitEngineError;
  if (isFinal) return { state: "failed", error, atOnce };
  // What was cut off may have been on its way only: the next opening tells.
  const isCut = error instanceof TruncatedError;
  return { state: "degraded", error, atOnce: isCut };
}
