import { AdaptivePolicy } from "../../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../../policies/age_policy.ts";
import { anyOf } from "../../../policies/any_of.ts";
import type { BatchPolicy } from "../../../policies/batch_policy.ts";
import { BytesPolicy } from "../../../policies/bytes_policy.ts";
import { CountPolicy } from "../../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../../policies/leader_commit_policy.ts";
import { policyLaws } from "../../../testing/laws/policy_laws.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { testNames } from "../../kit/failures_of.ts";
import { test } from "../../kit/register.ts";
import { isMine } from "../../kit/share.ts";

const wait = { whenIdle: "wait" } as const;

/** Policies and how long they let a record wait; never, if they promise none. */
const subjects: [string, () => BatchPolicy, number?][] = [
  ["LeaderCommitPolicy", () => new LeaderCommitPolicy(), 0],
  [
    "LeaderCommitPolicy, window 2",
    () => new LeaderCommitPolicy({ windowMs: 2, maxRecords: 5 }),
    2,
  ],
  ["CountPolicy", () => new CountPolicy({ records: 4 }), 0],
  ["CountPolicy, wait", () => new CountPolicy({ records: 4, ...wait })],
  ["BytesPolicy", () => new BytesPolicy({ bytes: 600 }), 0],
  ["BytesPolicy, wait", () => new BytesPolicy({ bytes: 600, ...wait })],
  ["AgePolicy", () => new AgePolicy(), 2],
  ["AdaptivePolicy", () => new AdaptivePolicy(), 0],
  [
    "AdaptivePolicy, short ladder and p99",
    () => new AdaptivePolicy({ ladder: [2, 5], goal: { p99Ms: 4 } }),
    4,
  ],
  ["AgePolicy 0", () => new AgePolicy({ ms: 0 }), 0],
  [
    "anyOf count, bytes, age",
    () =>
      anyOf(
        new CountPolicy({ records: 6 }),
        new BytesPolicy({ bytes: 900 }),
        new AgePolicy({ ms: 1.1 }),
      ),
    1.1,
  ],
  [
    "anyOf of anyOf",
    () =>
      anyOf(
        anyOf(new CountPolicy(), new LeaderCommitPolicy({ windowMs: 7.7 })),
        anyOf(new AgePolicy({ ms: 3.3 })),
      ),
    3.3,
  ],
  [
    "anyOf two counts",
    () => anyOf(new CountPolicy({ records: 3 }), new CountPolicy()),
    0,
  ],
];

for (const [index, [subject, make, maxWaitMs]] of subjects.entries()) {
  const named = (name: string, body: () => Promise<void>) => {
    // What takes long is held on one of the runtimes for each policy.
    if (/crash/.test(name) && !isMine(index)) return;
    test(`${subject}: ${name}`, body);
  };
  policyLaws(named, make, { seed: 20_261, maxWaitMs });
}

test("policyLaws() registers one more law with maxWaitMs", () => {
  const make = () => new CountPolicy();
  const plain = testNames((register) => policyLaws(register, make));
  const bounded = testNames((register) =>
    policyLaws(register, make, { maxWaitMs: 5 })
  );
  assertEquals(bounded.slice(0, -1), plain);
  assertEquals(bounded.at(-1), "every record is acknowledged within 5 ms");
});

test("policyLaws() refuses options out of bounds", () => {
  const call = (options: object) => () =>
    policyLaws(() => {}, () => new CountPolicy(), options);
  assertThrows(call({ maxWaitMs: -1 }), RangeError, "because maxWaitMs must");
  assertThrows(call({ maxWaitMs: "1" }), TypeError, "because maxWaitMs must");
  assertThrows(call({ seed: 0.5 }), RangeError, "because seed must");
  assertThrows(call({ seed: "x" }), TypeError, "because seed must");
});
