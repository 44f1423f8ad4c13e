import { ignoreRejection } from "./ignore_rejection.ts";
import type {
  BatchPolicy,
  FlushReason,
  PendingBatch,
} from "./policies/batch_policy.ts";

/** What overrides the policy. */
export interface FlushContext {
  /** The batch has reached a limit: it cannot grow. */
  readonly sealed: boolean;
  /** `flush()` or `close()` waits for it. */
  readonly demanded: boolean;
  /** Producers wait for room in the queue. */
  readonly pressed: boolean;
}

/** Flush now, for a reason; or wait until an instant, which may be never. */
export type FlushDecision =
  | { readonly flush: FlushReason }
  | { readonly waitUntil: number };

/**
 * Whether `batch` is to be flushed now. Pure but for the policy; the same for
 * the writer and a simulator. Asked when no flush is in flight.
 */
export function decideFlush(
  policy: BatchPolicy,
  batch: PendingBatch,
  now: number,
  context: FlushContext,
): FlushDecision {
  if (context.sealed) return { flush: "limit" };
  if (context.demanded) return { flush: "demand" };
  if (context.pressed) return { flush: "pressure" };
  try {
    return askPolicy(policy, batch, now);
  } catch {
    return { flush: "fault" };
  }
}

/** May throw whatever the policy throws. */
function askPolicy(
  policy: BatchPolicy,
  batch: PendingBatch,
  now: number,
): FlushDecision {
  const { records, bytes, oldestAt, newestAt } = batch;
  const due = policy.due({ records, bytes, oldestAt, newestAt }, now);
  ignoreRejection(due);
  if (typeof due !== "number" || Number.isNaN(due)) return { flush: "fault" };
  if (due <= now) return { flush: "due" };
  if (policy.whenIdle === "flush") return { flush: "idle" };
  return { waitUntil: due };
}
