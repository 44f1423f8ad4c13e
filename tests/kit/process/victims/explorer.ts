import process from "node:process";
import { explore } from "../../../../testing/explore/explore.ts";
import { walCheck } from "../../../../testing/wal/wal_check.ts";
import type { WalStep } from "../../../../testing/wal/wal_steps.ts";
import { walWorkload } from "../../../../testing/wal/wal_workload.ts";
import { namedPolicies } from "../../named_policies.ts";

/*
 * A process that explores crash states under the policies that its arguments
 * name, and prints what it saw: the same on every runtime, or something is not
 * deterministic.
 */

const STEPS: WalStep[] = [
  { do: "append", bytes: 10 },
  { do: "append", bytes: 1600, ack: "os" },
  { do: "turn" },
  { do: "appendBatch", bytes: [5, 0, 2400] },
  { do: "wait", ms: 5 },
];

for (const [index, name] of process.argv.slice(2).entries()) {
  const makePolicy = namedPolicies[name];
  const makeOptions = () => ({ segmentBytes: 4096, policy: makePolicy() });
  await explore(walWorkload(STEPS, makeOptions), walCheck(makeOptions), {
    seed: 7,
    bound: 1,
    samples: 1,
    faults: index === 0,
  });
}
