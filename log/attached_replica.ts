import { argumentError } from "../argument.ts";
import type { ReplicaStats } from "../monitor/replica_stats.ts";
import type {
  AppendOptions,
  ReceiptOptions,
} from "../writer/append_options.ts";

/** What copies a log to another place while it is written to. */
export interface AttachedReplica {
  /** How it is. */
  stats(): ReplicaStats;
  /** LSN below which records may be dropped, at most `lsn`. */
  hold(lsn: number): number;
  /** Calls `append`; its answer comes once its records are there as well. */
  confirm<Answer>(
    append: () => Promise<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<Answer>;
}

/** Appends at level `disk`; resolves once the replica has the records too. */
export function appendRemotely<Answer>(
  replica: AttachedReplica | undefined,
  options: AppendOptions | ReceiptOptions,
  append: (options: AppendOptions) => Promise<Answer>,
): Promise<Answer> {
  if (replica === undefined) {
    const rule = 'other than "remote" unless a replica is attached';
    throw argumentError("append", "ack", rule, "remote", false);
  }
  const local = { ...options, ack: "disk" } as AppendOptions;
  return replica.confirm(() => append(local), options.signal);
}
