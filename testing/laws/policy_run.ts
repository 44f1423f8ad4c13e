import type { BatchPolicy, FlushReport } from "../../policies/batch_policy.ts";
import { Wal } from "../../wal.ts";
import type { Arrival } from "./arrivals.ts";
import { type NotedFrame, TimedFrameLog } from "./timed_frame_log.ts";
import { VirtualClock } from "../virtual_clock.ts";

/** What became of an arrival. */
export interface NotedEntry {
  /** Its records, and so the LSNs that it has to get. */
  readonly records: number;
  /** When it was appended, in ms. */
  readonly at: number;
  /** LSN of its first record; absent until it is acknowledged. */
  first?: number;
  /** LSN of its last record; absent until it is acknowledged. */
  last?: number;
  /** When it was acknowledged, in ms; absent if not before the log closed. */
  ackedAt?: number;
  /** LSN up to which the log was durable then. */
  durableLsn?: number;
}

/** What is done once all have arrived. */
export type Ending =
  /** Nothing, for this time in ms. */
  | { readonly wait: number }
  /** A flush, in no time. */
  | "flush"
  /** The log is closed. */
  | "close";

/** All that can be seen of a policy at work. */
export interface PolicyTrace {
  /** What became of each arrival, in order. */
  readonly entries: readonly NotedEntry[];
  /** What was acknowledged, in the order of its acknowledgement. */
  readonly acked: readonly NotedEntry[];
  /** The frames, in order. */
  readonly frames: readonly NotedFrame[];
  /** Entries that were not acknowledged when the ending was over. */
  readonly left: number;
}

/** A policy, what it is put to, and how dear a sync is. */
export interface PolicyRun {
  /** A fresh one. */
  readonly policy: BatchPolicy;
  /** In order. */
  readonly arrivals: readonly Arrival[];
  /** How long a sync takes, in ms. */
  readonly syncMs: number;
  /** What is done in the end. */
  readonly ending: Ending;
}

/** Runs a log under a policy on virtual time. */
export async function runPolicy(run: PolicyRun): Promise<PolicyTrace> {
  const clock = new VirtualClock();
  const log = new TimedFrameLog(clock, run.syncMs);
  const policy = forgiving(run.policy);
  const wal = await Wal.open(log, { clock, policy });
  const entries: NotedEntry[] = [];
  const acked: NotedEntry[] = [];
  let isOver = false;
  for (const { at, sizes } of run.arrivals) {
    const gap = at - clock.now();
    if (gap > 0) await clock.advance(gap);
    const entry: NotedEntry = { records: sizes.length, at: clock.now() };
    entries.push(entry);
    append(wal, sizes).then(({ first, last }) => {
      const durableLsn = log.syncedLsn;
      Object.assign(entry, { first, last, durableLsn });
      if (!isOver) entry.ackedAt = clock.now();
      acked.push(entry);
    }, () => {});
  }
  const { ending } = run;
  if (ending === "flush") await clock.settle(wal.flush());
  else if (ending !== "close") await clock.advance(ending.wait);
  isOver = true;
  const left = entries.length - acked.length;
  await clock.run(wal.close());
  const { frames } = log;
  if (ending !== "close") return { entries, acked, frames, left };
  return { entries, acked, frames, left: entries.length - acked.length };
}

async function append(
  wal: Wal,
  sizes: readonly number[],
): Promise<{ first: number; last: number }> {
  const records = sizes.map((size) => new Uint8Array(size));
  if (records.length > 1) return await wal.appendBatch(records);
  const lsn = await wal.append(records[0]);
  return { first: lsn, last: lsn };
}

/**
 * Tells a policy of a flush. What it throws, or rejects with, stops nothing
 * here: the law on `observe` finds it.
 */
export function tell(policy: BatchPolicy, report: FlushReport): void {
  try {
    hush(policy.observe?.(report));
  } catch {
    // As in the log.
  }
}

/** What a policy answered; if that is a promise, its rejection is nobody's. */
export function hush<Answer>(answer: Answer): Answer {
  if (answer instanceof Promise) answer.catch(() => {});
  return answer;
}

/** The same policy, but that nothing which it rejects ends the process. */
export function forgiving(policy: BatchPolicy): BatchPolicy {
  return {
    get limits() {
      return policy.limits;
    },
    get whenIdle() {
      return policy.whenIdle;
    },
    due: (batch, now) => hush(policy.due(batch, now)),
    observe: (report) => tell(policy, report),
  };
}
