import {
  decideRetry,
  kindOf,
  mayBeApplied,
} from "../../../storage/s3/retry_rules.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** Status, code, what it means for the next try, and whether it may be applied. */
const TABLE: readonly [number, string, string, boolean][] = [
  [0, "", "transient", true],
  [0, "TimeoutError", "transient", true],
  [0, "ECONNRESET", "transient", true],
  [0, "ECONNREFUSED", "transient", true],
  [0, "ENOTFOUND", "transient", true],
  [301, "PermanentRedirect", "final", false],
  [307, "", "final", false],
  [400, "InvalidRequest", "final", false],
  [400, "RequestTimeout", "transient", false],
  [400, "BadDigest", "transient", false],
  [400, "XAmzContentSHA256Mismatch", "transient", false],
  [401, "", "final", false],
  [403, "AccessDenied", "final", false],
  [403, "RequestTimeTooSkewed", "final", false],
  [403, "SignatureDoesNotMatch", "final", false],
  [404, "NoSuchBucket", "final", false],
  [408, "", "transient", true],
  [409, "ConditionalRequestConflict", "transient", false],
  [416, "InvalidRange", "final", false],
  [429, "", "throttled", false],
  [500, "InternalError", "transient", true],
  [501, "NotImplemented", "final", true],
  [502, "", "transient", true],
  [503, "SlowDown", "throttled", true],
  [503, "", "transient", true],
  [504, "", "transient", true],
];

test("kindOf() and mayBeApplied() know each failure", () => {
  for (const [status, code, kind, isPossible] of TABLE) {
    assertEquals(kindOf({ status, code }), kind, `${status} ${code}`);
    assertEquals(
      mayBeApplied({ status, code }),
      isPossible,
      `${status} ${code}`,
    );
  }
});

const schedule = { deadlineMs: 30_000, backoffMs: 50 };
const lost = { status: 0, code: "" };
const slow = { status: 503, code: "SlowDown" };

/** The wait after each of some tries, with the largest share. */
function waits(failure: typeof lost, retryAfterMs?: number): number[] {
  return [1, 2, 3, 20].map((tries) => {
    const told = { ...failure, retryAfterMs };
    const next = decideRetry(told, tries, 0, 1, schedule);
    return next.again ? next.afterMs : -1;
  });
}

test("decideRetry() doubles the longest wait, up to 5 s", () => {
  assertEquals(waits(lost), [50, 100, 200, 5000]);
  assertEquals(waits(slow), [400, 800, 1600, 5000]);
});

test("decideRetry() waits as long as the store asks for", () => {
  assertEquals(waits(slow, 3000), [3000, 3000, 3000, 5000]);
  assertEquals(waits(slow, 60_000), [-1, -1, -1, -1]);
});

test("decideRetry() waits a random share", () => {
  const next = decideRetry(lost, 3, 0, 0.25, schedule);
  assertEquals(next, { again: true, afterMs: 50 });
});

test("decideRetry() begins no try after the deadline", () => {
  for (const [elapsedMs, again] of [[29_949, true], [29_950, false]] as const) {
    assertEquals(decideRetry(lost, 1, elapsedMs, 1, schedule).again, again);
  }
});
