import { explore } from "../explore.ts";
import type { PolicyLaw } from "./policy_law.ts";
import { walCheck } from "../wal_check.ts";
import type { WalStep } from "../wal_step.ts";
import { walWorkload } from "../wal_workload.ts";

/** Callers in one turn and in several, with each kind of append. */
const STEPS: readonly WalStep[] = [
  { do: "append", bytes: 10 },
  { do: "enqueue", bytes: 3 },
  { do: "append", bytes: 600, ack: "os" },
  { do: "turn" },
  { do: "appendBatch", bytes: [5, 0, 120] },
  { do: "wait", ms: 5 },
  { do: "append", bytes: 1 },
  { do: "flush" },
];

/** The law on what a log under a policy has after a crash. */
export const crashLaw: PolicyLaw = {
  name: "no crash loses what was acknowledged",
  async check(trial) {
    const makeOptions = () => ({ policy: trial.make() });
    const { seed } = trial;
    try {
      await explore(walWorkload(STEPS, makeOptions), walCheck(makeOptions), {
        seed: seed >>> 0,
        bound: 16,
        samples: 1,
        faults: true,
        print: () => {},
      });
    } catch (error) {
      trial.fail(`${error}`, `Steps: ${JSON.stringify(STEPS)}`);
    }
  },
};
