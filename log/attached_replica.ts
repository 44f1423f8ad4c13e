import { argumentError } from "../argument.ts";
import type { ReplicaStats } from "../monitor/replica_stats.ts";
import type {
  AppendOptions,
  ReceiptOptions,
  WaitOptions,
} from "../writer/append_options.ts";

/** What copies a log to another place while it is written to. */
export interface AttachedReplica {
  /** How it is. */
  stats(): ReplicaStats;
  /** LSN below which records may be dropped, at most `lsn`. */
  hold(lsn: number): number;
  /** Throws if nothing more gets there. */
  requireUsable(): void;
  /** Resolves once all records up to `lsn` are there. */
  waitFor(lsn: number, options: WaitOptions): Promise<void>;
}

/** Appends at level `disk`; resolves once the replica has the records too. */
export async function appendRemotely<Answer>(
  replica: AttachedReplica | undefined,
  options: AppendOptions | ReceiptOptions,
  append: (options: AppendOptions) => Promise<Answer>,
): Promise<Answer> {
  if (replica === undefined) {
    const rule = 'other than "remote" unless a replica is attached';
    throw argumentError("append", "ack", rule, "remote", false);
  }
  replica.requireUsable();
  const local = { ...options, ack: "disk" } as AppendOptions;
  const answer = await append(local);
  await replica.waitFor(lastOf(answer), { signal: options.signal });
  return answer;
}

/** LSN of the last record of an append. */
function lastOf(answer: unknown): number {
  if (typeof answer === "number") return answer;
  const { lsn, last } = answer as { lsn?: number; last?: number };
  return (lsn ?? last)!;
}
