import type { BatchPolicy, FlushReport } from "../policies/batch_policy.ts";

/**
 * Tells a policy of a flush. What it throws, or rejects with, stops nothing
 * here: the law on `observe` finds it.
 */
export function tell(policy: BatchPolicy, report: FlushReport): void {
  try {
    const answer: unknown = policy.observe?.(report);
    if (answer instanceof Promise) answer.catch(() => {});
  } catch {
    // As in the log.
  }
}

/** The same policy, but for an `observe` that throws or rejects. */
export function forgiving(policy: BatchPolicy): BatchPolicy {
  return {
    get limits() {
      return policy.limits;
    },
    get whenIdle() {
      return policy.whenIdle;
    },
    due: (batch, now) => policy.due(batch, now),
    observe: (report) => tell(policy, report),
  };
}
