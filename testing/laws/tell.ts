import type { BatchPolicy, FlushReport } from "../../policies/batch_policy.ts";

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
