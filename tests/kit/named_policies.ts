import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";

/** Every policy of the library, small, and some that misbehave. */
export const namedPolicies: Readonly<Record<string, () => BatchPolicy>> = {
  "LeaderCommitPolicy": () => new LeaderCommitPolicy(),
  "LeaderCommitPolicy with a window": () =>
    new LeaderCommitPolicy({ windowMs: 2, maxRecords: 3 }),
  "AdaptivePolicy": () => new AdaptivePolicy({ ladder: [2, 4] }),
  "CountPolicy": () => new CountPolicy({ records: 3 }),
  "strict CountPolicy": () => new CountPolicy({ records: 3, whenIdle: "wait" }),
  "BytesPolicy": () => new BytesPolicy({ bytes: 40 }),
  "AgePolicy": () => new AgePolicy({ ms: 2 }),
  "anyOf": () =>
    anyOf(new CountPolicy({ records: 4 }), new AgePolicy({ ms: 3 })),
  "a policy that never flushes": () => ({ due: () => Infinity }),
  "a policy that throws": () => ({
    due() {
      throw new Error("a policy that throws");
    },
  }),
};
