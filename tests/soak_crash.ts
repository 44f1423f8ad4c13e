/**
 * Crashes random workloads, under every policy, mode and kind of device, until
 * STATES different states were seen: `deno task soak:crash STATES SEED`. Ends
 * with code 1 at the first state in which something acknowledged is lost.
 *
 * @module
 */
import fc from "fast-check";
import process from "node:process";
import { explore, type ExploreOptions } from "../testing/explore/explore.ts";
import { walCheck } from "../testing/wal/wal_check.ts";
import { type WalStep, walSteps } from "../testing/wal/wal_steps.ts";
import { walWorkload } from "../testing/wal/wal_workload.ts";
import type { WalOptions } from "../wal_options.ts";
import { namedPolicies } from "./kit/named_policies.ts";

/** One workload and all that it runs under. */
interface Case {
  steps: WalStep[];
  policy: string;
  wal: Pick<WalOptions, "synchronous" | "maxQueuedRecords">;
  device: Pick<ExploreOptions, "fileSystem" | "sectorBytes" | "slow">;
}

const cases: fc.Arbitrary<Case> = fc.record({
  steps: walSteps<fc.Arbitrary<WalStep[]>>(fc, { maxBytes: 3000 }),
  policy: fc.constantFrom(...Object.keys(namedPolicies)),
  wal: fc.record({
    synchronous: fc.constantFrom("full", "normal", "off"),
    maxQueuedRecords: fc.constantFrom(1, 3, 10_000),
  }),
  device: fc.record({
    fileSystem: fc.constantFrom("posix", "ext4"),
    sectorBytes: fc.constantFrom(512, 4096),
    slow: fc.boolean(),
  }),
});

/** Returns the states of one case. */
async function crash(
  { steps, policy, wal, device }: Case,
  seed: number,
): Promise<ReadonlySet<string>> {
  const makeOptions = () => ({
    ...wal,
    segmentBytes: 4096,
    policy: namedPolicies[policy](),
  });
  const { digests } = await explore(
    walWorkload(steps, makeOptions),
    walCheck(makeOptions),
    { ...device, seed, faults: true, bound: 64, samples: 3, print: () => {} },
  );
  return digests;
}

async function main([wanted = "1000000", first]: string[]): Promise<void> {
  const states = Number(wanted);
  let seed = Number(first ?? Math.floor(Math.random() * 2 ** 31));
  if (!Number.isSafeInteger(states + seed)) {
    throw new RangeError("STATES and SEED must be integers");
  }
  console.log(`${states} crash states, from seed ${seed}`);
  const seen = new Set<string>();
  for (let told = 0; seen.size < states; seed++) {
    const [one] = fc.sample(cases, { seed, numRuns: 1 });
    try {
      for (const digest of await crash(one, seed)) seen.add(digest);
    } catch (error) {
      console.log(`seed ${seed} fails: ${JSON.stringify(one)}`);
      throw error;
    }
    if (seen.size < told) continue;
    told = seen.size + states / 20;
    console.log(`explored ${seen.size} distinct crash states, seed ${seed}`);
  }
  console.log(`explored ${seen.size} distinct crash states, lost 0`);
}

await main(process.argv.slice(2));
