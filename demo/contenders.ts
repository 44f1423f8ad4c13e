import { AdaptivePolicy } from "../policies/adaptive_policy.ts";
import { AgePolicy } from "../policies/age_policy.ts";
import { anyOf } from "../policies/any_of.ts";
import type { BatchPolicy } from "../policies/batch_policy.ts";
import { BytesPolicy } from "../policies/bytes_policy.ts";
import { CountPolicy } from "../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../policies/leader_commit_policy.ts";

/** A policy to measure. */
export interface Contender {
  /** What the table calls it. */
  readonly name: string;
  /** The policy, fresh. */
  readonly policy: BatchPolicy;
}

/** The policies in turn; the first one is the baseline. */
export function contenders(): Contender[] {
  return [
    { name: "CountPolicy 1 (no batches)", policy: countOf(1) },
    { name: "LeaderCommitPolicy (default)", policy: new LeaderCommitPolicy() },
    {
      name: "LeaderCommitPolicy windowMs 1",
      policy: new LeaderCommitPolicy({ windowMs: 1 }),
    },
    { name: "AdaptivePolicy", policy: new AdaptivePolicy() },
    { name: "CountPolicy 256", policy: countOf(256) },
    {
      name: "BytesPolicy 64 KiB",
      policy: new BytesPolicy({ bytes: 64 * 1024 }),
    },
    { name: "AgePolicy 2 ms", policy: new AgePolicy({ ms: 2 }) },
    {
      name: "anyOf(1000, 1 MiB, 10 ms)",
      policy: anyOf(
        countOf(1000),
        new BytesPolicy({ bytes: 1024 * 1024 }),
        new AgePolicy({ ms: 10 }),
      ),
    },
  ];
}

function countOf(records: number): CountPolicy {
  return new CountPolicy({ records });
}
