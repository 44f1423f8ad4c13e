/**
 * The process that asks a policy, and tells it, as a writer does.
 *
 * @module
 */
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { parsePolicy } from "../../policies/parse_policy.ts";
import { uniform } from "../../random.ts";
import { quantile } from "../../simulator/quantile.ts";
import { answerJob } from "../process/worker.ts";

/** What to measure. */
export interface PolicyJob {
  /** The policy in its short notation. */
  readonly policy: string;
  /** Callers whose records share a flush. */
  readonly callers: number;
  readonly flushes: number;
}

/** What was found, in us. */
export interface PolicyFound {
  /** All calls for a flush, on average. */
  readonly flushUs: number;
  /** The call that reports it. */
  readonly p99Us: number;
  readonly p999Us: number;
}

const FLUSH_MS = 1;

/** Callers return within this share of a flush. */
const RETURN = 0.3;

await answerJob<PolicyJob>(async (job): Promise<PolicyFound> => {
  const { policy, callers, flushes } = job;
  const idle: BatchPolicy = { due: () => 0, observe: () => {} };
  replay(parsePolicy(policy), callers, flushes);
  replay(idle, callers, flushes);
  await new Promise((resolve) => setTimeout(resolve));
  const loop = replay(idle, callers, flushes);
  const found = replay(parsePolicy(policy), callers, flushes);
  const steps = found.steps.sort();
  return {
    flushUs: Math.max(0, found.totalMs - loop.totalMs) / flushes * 1000,
    p99Us: quantile(steps, 0.99) * 1000,
    p999Us: quantile(steps, 0.999) * 1000,
  };
});

/** Calls a policy for some flushes; returns how long that took. */
function replay(policy: BatchPolicy, callers: number, flushes: number) {
  const steps = new Float64Array(flushes);
  let now = 0;
  let firstLsn = 1;
  const begun = performance.now();
  for (let flush = 0; flush < flushes; flush++) {
    const oldestAt = now;
    let newestAt = now;
    for (let records = 1; records <= callers; records++) {
      newestAt = oldestAt + FLUSH_MS * RETURN * (records - 1) / callers;
      policy.due(
        { records, bytes: 100 * records, oldestAt, newestAt },
        newestAt,
      );
    }
    const endedAt = newestAt + FLUSH_MS * (0.9 + 0.2 * uniform(1, 1, flush));
    const lastLsn = firstLsn + callers - 1;
    const sizes = { records: callers, bytes: 100 * callers, firstLsn, lastLsn };
    const times = {
      oldestAt,
      startedAt: newestAt,
      writtenAt: newestAt,
      endedAt,
    };
    const told = performance.now();
    policy.observe?.({ reason: "due", ...sizes, ...times }, 0);
    steps[flush] = performance.now() - told;
    firstLsn = lastLsn + 1;
    now = endedAt;
  }
  return { totalMs: performance.now() - begun, steps };
}
