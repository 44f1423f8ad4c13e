import { requireAmount, requireInteger } from "../../argument.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import type { RegisterTest } from "../contract/storage_contract.ts";
import { explore } from "../explore/explore.ts";
import { walCheck } from "../wal/wal_check.ts";
import type { WalStep } from "../wal/wal_steps.ts";
import { walWorkload } from "../wal/wal_workload.ts";
import { answerLaws } from "./answer_laws.ts";
import { type PolicyLaw, PolicyTrial } from "./probes.ts";
import { runLaws, waitLaw } from "./run_laws.ts";

/** Options of {@linkcode policyLaws}. */
export interface PolicyLawsOptions {
  /**
   * Seed of the sampled batches, reports and arrivals, an integer. The same
   * seed draws the same samples; failures show it. Default 1.
   */
  seed?: number | undefined;
  /**
   * Maximum ms until every append is acknowledged if nobody calls `flush()` and
   * a sync takes no time, at least 0. Default: no such law, because a policy
   * that waits for a count can wait forever.
   */
  maxWaitMs?: number | undefined;
}

/**
 * Registers tests that check a policy against the laws of `BatchPolicy`.
 *
 * `make` returns a fresh policy on each call, and is called several times per
 * test. Batches are enumerated and sampled; arrivals are single, in bursts,
 * steady, and on and off, in virtual time. A failure shows the law, the batch
 * or the arrivals, and the seed. The tests check that
 *
 * - `limits` are absent or integers of at least 1 and change only in `observe`,
 *   and `whenIdle` never changes;
 * - `due` returns a number for any batch, and the same number when asked again:
 *   in another order, some real time later, or on another policy from `make`;
 * - a batch that is due stays due, and is due at the instant that was named, so
 *   that no flush is put off forever;
 * - `observe` accepts any report, returns no promise, and leaves `due`
 *   returning numbers;
 * - two policies make the same flushes from the same arrivals;
 * - no batch exceeds the limits, except a single entry; `flush` and `close`
 *   drain the log; records keep their order, are acknowledged when durable, and
 *   stay in one frame if they were appended as a batch;
 * - no crash at any instant loses an acknowledged record, according to
 *   `explore`;
 * - with `maxWaitMs`, nothing waits longer.
 *
 * They cannot check whether a policy is any good: how many syncs it saves, and
 * how long records wait for that. A policy that reads a clock which stands
 * still for 5 ms, or that rolls dice in a state that no sample reaches, is not
 * detected, nor is one that misbehaves beyond 10,000 records.
 *
 * Throws `TypeError` or `RangeError` for bad arguments.
 *
 * In a test file, call `policyLaws(Deno.test, make)`, or pass `test` from
 * `node:test`.
 *
 * @example A correct policy, and one that rolls dice
 * ```ts
 * import type { BatchPolicy } from "@syncline/wal/policies";
 * import { policyLaws } from "@syncline/wal/testing";
 * import assert from "node:assert/strict";
 *
 * async function broken(make: () => BatchPolicy): Promise<string[]> {
 *   const tests: [string, () => Promise<void>][] = [];
 *   policyLaws((name, body) => tests.push([name, body]), make);
 *   const laws: string[] = [];
 *   for (const [law, body] of tests) await body().catch(() => laws.push(law));
 *   return laws;
 * }
 *
 * const tenths: BatchPolicy = {
 *   due: ({ oldestAt }) => Math.ceil(oldestAt / 100) * 100,
 * };
 * assert.deepEqual(await broken(() => tenths), []);
 *
 * const laws = await broken(() => ({ due: (_, now) => now + Math.random() }));
 * assert.ok(laws.includes("due() returns the same when it is asked again"));
 * ```
 */
export function policyLaws(
  test: RegisterTest,
  make: () => BatchPolicy,
  options: PolicyLawsOptions = {},
): void {
  const { seed = 1, maxWaitMs } = options;
  requireInteger("run policyLaws", "seed", seed, Number.MIN_SAFE_INTEGER);
  const laws: PolicyLaw[] = [...answerLaws, ...runLaws, crashLaw];
  if (maxWaitMs !== undefined) {
    laws.push(waitLaw(requireAmount("run policyLaws", "maxWaitMs", maxWaitMs)));
  }
  for (const { name, check } of laws) {
    test(name, async () => await check(new PolicyTrial(name, make, seed)));
  }
}

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

/** The law about what a log under a policy holds after a crash. */
const crashLaw: PolicyLaw = {
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
