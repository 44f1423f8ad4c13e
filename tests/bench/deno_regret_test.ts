/**
 * Goal: `AdaptivePolicy` is about as good as policies chosen in hindsight, for
 * each of its goals.
 *
 * Method: a small part of `bench:regret`, in which every load meets every
 * device. The bounds are wider than what the whole of it shows, because runs are
 * shorter and a few patterns decide.
 *
 * @module
 */
import {
  type Finding,
  judgeCost,
  judgeLatency,
  judgeP99,
} from "../../bench/regret/oracles.ts";
import { DEVICES, LOADS } from "../../bench/regret/patterns.ts";
import { quantile } from "../../simulator/quantile.ts";
import { assertGreaterOrEqual, assertLessOrEqual } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const PATTERNS = LOADS.length * DEVICES.length;
const APPENDS = 4000;
/** The number of the first pattern. */
const FIRST = 48;

function judgeAll(
  judge: (seed: number, appends: number) => Finding | undefined,
  from: number,
): Finding[] {
  return Array.from(
    { length: PATTERNS },
    (_, nth) => judge(from + nth, APPENDS),
  )
    .filter((finding) => finding !== undefined);
}

/** The ratio that a share of the findings does not exceed. */
function ratioAt(findings: readonly Finding[], share: number): number {
  const ratios = findings.map(({ ratio }) => ratio).sort((a, b) => a - b);
  return quantile(ratios, share);
}

function shareWithin(findings: readonly Finding[], most: number): number {
  const within = findings.filter(({ p99Ratio }) => p99Ratio <= most);
  return within.length / findings.length;
}

test("AdaptivePolicy has about the lowest mean latency, and p99 of leader commit", () => {
  const findings = judgeAll(judgeLatency, FIRST);
  assertLessOrEqual(ratioAt(findings, 0.5), 1.01);
  assertLessOrEqual(ratioAt(findings, 0.9), 1.06);
  assertGreaterOrEqual(shareWithin(findings, 1.1), 0.95);
});

test("AdaptivePolicy makes about the fewest flushes that keep a p99", () => {
  const findings = judgeAll(judgeP99, FIRST);
  assertLessOrEqual(ratioAt(findings, 0.5), 1.05);
  assertLessOrEqual(ratioAt(findings, 0.9), 1.2);
  assertGreaterOrEqual(shareWithin(findings, 1), 0.95);
});

test("AdaptivePolicy has about the lowest cost", () => {
  const findings = judgeAll(judgeCost, FIRST);
  assertLessOrEqual(ratioAt(findings, 0.5), 1.05);
  assertLessOrEqual(ratioAt(findings, 0.9), 1.15);
});
