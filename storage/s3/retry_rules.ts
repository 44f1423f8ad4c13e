import type { ObjectFailure } from "./object_store.ts";

/** What a failed try means for the next one. */
type FailureKind =
  /** The store is overloaded and asks for fewer requests. */
  | "throttled"
  /** Another try may succeed. */
  | "transient"
  /** Every other try would fail, too. */
  | "final";

/** When a call is tried again; everything in ms. */
export interface RetrySchedule {
  /** From the first try until the call fails. */
  readonly deadlineMs: number;
  /** The longest wait before the second try; it doubles with each further one. */
  readonly backoffMs: number;
}

/** Whether to try again, and when. */
export type RetryDecision =
  | { readonly again: true; readonly afterMs: number }
  | { readonly again: false };

/** The longest wait between two tries, unless the store asks for more. */
const MOST_BACKOFF_MS = 5000;

/** How much longer to wait if the store asks for fewer requests. */
const THROTTLED_FACTOR = 8;

/** Refusals that are about the transfer, and not about the request. */
const DAMAGED_IN_TRANSIT = new Set([
  "BadDigest",
  "IncompleteBody",
  "RequestTimeout",
  "XAmzContentSHA256Mismatch",
]);

const THROTTLED = new Set([
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
]);

/** What a failure means for the next try. */
export function kindOf({ status, code }: ObjectFailure): FailureKind {
  if (status === 429 || THROTTLED.has(code)) return "throttled";
  if (DAMAGED_IN_TRANSIT.has(code)) return "transient";
  // 409: another conditional request for the key is in progress.
  if (status === 0 || status === 408 || status === 409) return "transient";
  return status >= 500 && status !== 501 && status !== 505
    ? "transient"
    : "final";
}

/**
 * Whether what was asked for may have happened, or may still happen, though the
 * try failed. A redirect and a refusal by a status from 400 to 499 say that it did
 * not. That nothing listens does not say so: if a connection that was kept ends
 * after a request was sent, Bun and Deno send it again, and what they report is
 * how the second one failed.
 */
export function mayBeApplied(
  { status }: ObjectFailure,
): boolean {
  return status === 408 || status >= 500 || status < 300;
}

/**
 * Decides whether a call is tried again after a failure.
 *
 * @param tries Number of tries so far, at least 1.
 * @param elapsedMs Time since the first one began.
 * @param share A random number from 0 up to, but not including, 1, so that
 *   clients that failed together do not return together.
 */
export function decideRetry(
  failure: ObjectFailure,
  tries: number,
  elapsedMs: number,
  share: number,
  { deadlineMs, backoffMs }: RetrySchedule,
): RetryDecision {
  const kind = kindOf(failure);
  if (kind === "final") return { again: false };
  const base = kind === "throttled" ? backoffMs * THROTTLED_FACTOR : backoffMs;
  const most = Math.min(MOST_BACKOFF_MS, base * 2 ** (tries - 1));
  const afterMs = Math.max(failure.retryAfterMs ?? 0, most * share);
  return elapsedMs + afterMs < deadlineMs
    ? { again: true, afterMs }
    : { again: false };
}
