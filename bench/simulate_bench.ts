/*
 * A million appends under each kind of policy, on virtual time.
 */
import { AdaptivePolicy } from "../policies/adaptive_policy.ts";
import { AgePolicy } from "../policies/age_policy.ts";
import type { BatchPolicy } from "../policies/batch_policy.ts";
import { LeaderCommitPolicy } from "../policies/leader_commit_policy.ts";
import { poissonArrivals } from "../simulator/arrivals.ts";
import { constantCosts } from "../simulator/costs.ts";
import { simulate } from "../simulator/simulate.ts";

const APPENDS = 1_000_000;
const arrivals = poissonArrivals({ count: APPENDS, perSecond: 10_000 });
const costs = constantCosts({ syncMs: 1 });

function bench(name: string, make: () => BatchPolicy, baseline = false): void {
  const options = { group: "simulate", baseline, n: 5, warmup: 1 };
  Deno.bench(`simulate appends=1000000 policy=${name}`, options, () => {
    simulate(make(), arrivals, costs);
  });
}

bench("LeaderCommitPolicy", () => new LeaderCommitPolicy(), true);
bench("AgePolicy", () => new AgePolicy({ ms: 2 }));
bench("AdaptivePolicy", () => new AdaptivePolicy());
