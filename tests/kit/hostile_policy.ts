import fc from "fast-check";
import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy, PendingBatch } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";

/** Makes a policy; one with state belongs to one log. */
export type MakePolicy = () => BatchPolicy;

/** A policy whose caps change after each flush, up and down. */
function shiftingCap(): BatchPolicy {
  const caps = [2, 7, 3, undefined, 1].map((records) => ({ records }));
  let flushes = 0;
  return {
    get limits() {
      return caps[flushes % caps.length];
    },
    due: ({ oldestAt }) => oldestAt + 1,
    observe: () => void flushes++,
  };
}

/** The library's own policies, small, and one whose caps change. */
export const friendlyPolicies: fc.Arbitrary<MakePolicy> = fc.constantFrom(
  () => new LeaderCommitPolicy(),
  () => new LeaderCommitPolicy({ windowMs: 2, maxRecords: 3 }),
  () => new LeaderCommitPolicy({ windowMs: 1.3, minSiblings: 2 }),
  () => new AdaptivePolicy(),
  () => new AdaptivePolicy({ ladder: [2, 3], goal: { p99Ms: 9 } }),
  () => new AdaptivePolicy({ goal: { perFlush: 20, perRecordMs: 1 } }),
  () => new AdaptivePolicy({ goal: { p99Ms: 20 } }),
  () => shiftingCap(),
  () => new CountPolicy({ records: 3 }),
  () => new CountPolicy({ records: 4, whenIdle: "wait" }),
  () => new BytesPolicy({ bytes: 40 }),
  () => new AgePolicy({ ms: 2 }),
  () => anyOf(new CountPolicy({ records: 4 }), new AgePolicy({ ms: 3 })),
);

const limit = fc.option(
  fc.constantFrom(1, 2, 3, 50, 0, -1, NaN, Infinity, 2 ** 60, 1.5),
  { nil: undefined },
);

const answer: fc.Arbitrary<(batch: PendingBatch, now: number) => number> = fc
  .oneof(
    fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e308, Number.MIN_VALUE)
      .map((due) => () => due),
    fc.constantFrom("5", null, undefined, 5n, {}, Promise.resolve(0))
      .map((due) => () => due as number),
    fc.constant(() => {
      throw new Error("a policy that throws");
    }),
    fc.double({ min: -10, max: 10 })
      .map((offset) => (_: PendingBatch, now: number) => now + offset),
  );

/** Policies that answer anything, in turn, with invalid limits. */
export const hostilePolicies: fc.Arbitrary<MakePolicy> = fc.record({
  limits: fc.option(fc.record({ records: limit, bytes: limit })),
  whenIdle: fc.constantFrom("flush", "wait", undefined, "soon" as "wait"),
  answers: fc.array(answer, { minLength: 1, maxLength: 4 }),
  throwing: fc.boolean(),
}).map(({ limits, whenIdle, answers, throwing }) => () => {
  let asked = 0;
  return {
    limits: limits ?? undefined,
    whenIdle,
    due: (batch, now) => answers[asked++ % answers.length](batch, now),
    observe() {
      if (throwing) throw new Error("an observer that throws");
    },
  };
});
