import type { BatchPolicy, FlushReport } from "../../policies/batch_policy.ts";
import { Wal } from "../../wal.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { Arrival } from "./arrivals.ts";
import { type NotedFrame, TimedFrameLog } from "./timed_frame_log.ts";

/** What happened to an arrival. */
export interface NotedAppend {
  /** Its number of records, and so of LSNs that it must get. */
  readonly records: number;
  /** When it was appended, in ms. */
  readonly at: number;
  /** LSN of its first record; absent until it is acknowledged. */
  first?: number;
  /** LSN of its last record; absent until it is acknowledged. */
  last?: number;
  /** When it was acknowledged, in ms; absent if not before the log closed. */
  ackedAt?: number;
  /** LSN up to which the log was durable at that time. */
  durableLsn?: number;
}

/** What happens once everything has arrived. */
export type Ending =
  /** Nothing, for this many ms. */
  | { readonly wait: number }
  /** A flush, without time passing. */
  | "flush"
  /** The log is closed. */
  | "close";

/** Everything that can be seen of a policy at work. */
export interface PolicyTrace {
  /** What happened to each arrival, in order. */
  readonly entries: readonly NotedAppend[];
  /** The acknowledged entries, in order of acknowledgement. */
  readonly acked: readonly NotedAppend[];
  /** The frames, in order. */
  readonly frames: readonly NotedFrame[];
  /** Number of entries not acknowledged by the end. */
  readonly left: number;
  /** The policy's limits, as often as the log read them. */
  readonly limits: readonly BatchPolicy["limits"][];
}

/** A policy, the load to run it on, and the cost of a sync. */
export interface PolicyRun {
  /** A fresh policy. */
  readonly policy: BatchPolicy;
  /** The arrivals, in order. */
  readonly arrivals: readonly Arrival[];
  /** How long a sync takes, in ms. */
  readonly syncMs: number;
  /** What happens at the end. */
  readonly ending: Ending;
}

/** Runs a log under a policy in virtual time. */
export async function runPolicy(run: PolicyRun): Promise<PolicyTrace> {
  const clock = new VirtualClock();
  const log = new TimedFrameLog(clock, run.syncMs);
  const limits: BatchPolicy["limits"][] = [];
  const policy = forgiving(run.policy, limits);
  const wal = await Wal.open(log, { clock, policy });
  const entries: NotedAppend[] = [];
  const acked: NotedAppend[] = [];
  let isOver = false;
  for (const { at, sizes } of run.arrivals) {
    const gap = at - clock.now();
    if (gap > 0) await clock.advance(gap);
    const entry: NotedAppend = { records: sizes.length, at: clock.now() };
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
  const trace = { entries, acked, frames, limits };
  if (ending !== "close") return { ...trace, left };
  return { ...trace, left: entries.length - acked.length };
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
 * Reports a flush to a policy. If the policy throws or rejects, nothing stops
 * here: the law about `observe` catches that.
 */
export function tell(
  policy: BatchPolicy,
  report: FlushReport,
  queuedRecords: number,
): void {
  try {
    hush(policy.observe?.(report, queuedRecords));
  } catch {
    // As the log does.
  }
}

/** Returns a policy's answer; if that is a promise, ignores its rejection. */
export function hush<Answer>(answer: Answer): Answer {
  if (answer instanceof Promise) answer.catch(() => {});
  return answer;
}

/**
 * Wraps a policy so that its rejections do not end the process, and notes its
 * limits when they are read.
 */
function forgiving(
  policy: BatchPolicy,
  limits: BatchPolicy["limits"][],
): BatchPolicy {
  return {
    get limits() {
      limits.push(policy.limits);
      return limits.at(-1);
    },
    get whenIdle() {
      return policy.whenIdle;
    },
    due: (batch, now) => hush(policy.due(batch, now)),
    observe: (report, queued) => tell(policy, report, queued),
  };
}
