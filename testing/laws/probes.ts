import assert from "node:assert/strict";
import type {
  BatchPolicy,
  FlushReason,
  FlushReport,
  PendingBatch,
} from "../../policies/batch_policy.ts";
import { SeededRandom } from "../../random.ts";
import { hush, tell } from "./policy_run.ts";

/** A question to a policy. */
export interface Probe {
  /** Frozen, so that a policy that changes it throws. */
  readonly batch: PendingBatch;
  /** The instant of the question. */
  readonly now: number;
}

const SAMPLES = 200;
const REPORTS = 12;

/** Ms after the last record at which a policy is asked, ascending. */
export const DELAYS: readonly number[] = [0, 0.001, 0.5, 1, 7, 100, 1e4, 1e9];

/** Batches of all kinds: enumerated ones, then samples. */
export function batchesOf(seed: number): PendingBatch[] {
  const batches: PendingBatch[] = [];
  for (const records of [1, 2, 3, 10, 128, 1000, 10_000]) {
    for (const each of [4, 5, 100, 70_000]) {
      for (const oldestAt of [0, 0.25, 12_345.678, 1.7e12]) {
        for (const spread of records === 1 ? [0] : [0, 0.5, 40]) {
          batches.push(batchOf(records, records * each, oldestAt, spread));
        }
      }
    }
  }
  const random = new SeededRandom(seed);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const records = random.integer(1, 300);
    const bytes = records * random.integer(4, 400);
    const spread = records === 1 ? 0 : random.next() * 20;
    batches.push(batchOf(records, bytes, random.next() * 1e5, spread));
  }
  return batches;
}

/** Each of {@linkcode batchesOf}, at each of the delays. */
export function probesOf(seed: number): Probe[] {
  return batchesOf(seed).flatMap((batch) =>
    DELAYS.map((delay) => ({ batch, now: batch.newestAt + delay }))
  );
}

/** Reports of all kinds: plain ones, then some that no real log gives. */
export function reportsOf(seed: number): FlushReport[] {
  const random = new SeededRandom(seed);
  const reports: FlushReport[] = [];
  let firstLsn = 1;
  let now = 0;
  for (let flush = 0; flush < REPORTS; flush++) {
    const records = random.integer(1, 200);
    const oldestAt = now + random.next() * 5;
    const startedAt = oldestAt + random.next() * 3;
    const writtenAt = startedAt + random.next();
    const endedAt = writtenAt + random.next() * 10;
    const bytes = records * random.integer(4, 300);
    const [lastLsn, reason] = [firstLsn + records - 1, random.pick(REASONS)];
    const times = { oldestAt, startedAt, writtenAt, endedAt };
    reports.push({ reason, records, bytes, firstLsn, lastLsn, ...times });
    [firstLsn, now] = [lastLsn + 1, endedAt];
  }
  return [...reports, ...REASONS.flatMap(extremes)];
}

/** Policies that have observed none, one or many of {@linkcode reportsOf}. */
export function agedPolicies(trial: PolicyTrial): BatchPolicy[] {
  return [0, 1, REPORTS].map((count) => {
    const policy = trial.make();
    for (const report of reportsOf(trial.seed).slice(0, count)) {
      tell(policy, report, report.records);
    }
    return policy;
  });
}

/** Returns a policy's answer; if it throws, the law on trial is broken. */
export function ask(
  trial: PolicyTrial,
  policy: BatchPolicy,
  { batch, now }: Probe,
): number {
  try {
    return hush(policy.due(batch, now));
  } catch (error) {
    trial.fail(`due() threw ${error}`, describe({ batch, now }));
  }
}

/** Describes a question. */
export function describe({ batch, now }: Probe): string {
  return `Batch: ${JSON.stringify(batch)} at ${now}`;
}

const REASONS: readonly FlushReason[] = [
  "due",
  "limit",
  "idle",
  "demand",
  "pressure",
  "fault",
];

function batchOf(
  records: number,
  bytes: number,
  oldestAt: number,
  spread: number,
): PendingBatch {
  const newestAt = oldestAt + spread;
  return Object.freeze({ records, bytes, oldestAt, newestAt });
}

/** No time, endless time, the largest numbers, and a clock set back. */
function extremes(reason: FlushReason): FlushReport[] {
  const one = { reason, records: 1, bytes: 4, firstLsn: 1, lastLsn: 1 };
  const huge = { ...one, records: 1e7, bytes: 2 ** 26, lastLsn: 1e7 };
  const at = (oldestAt: number, startedAt: number, endedAt: number) => ({
    oldestAt,
    startedAt,
    writtenAt: startedAt,
    endedAt,
  });
  return [
    { ...one, ...at(5, 5, 5) },
    { ...huge, ...at(0, 5, 5) },
    { ...huge, ...at(0, 1e9, 1e12) },
    { ...one, ...at(50, 40, 30) },
    { ...one, firstLsn: 2 ** 53 - 1, lastLsn: 2 ** 53 - 1, ...at(0, 0, 1) },
  ].map((report) => Object.freeze(report));
}

/** A law for policies, and its check. */
export interface PolicyLaw {
  /** What is true of a policy that follows the law. */
  readonly name: string;
  /** Throws or rejects, by `trial.fail`, if the policy breaks the law. */
  check(trial: PolicyTrial): void | Promise<void>;
}

/** One check of a law: the policies to try, and the seed. */
export class PolicyTrial {
  /** Makes a fresh policy. */
  readonly make: () => BatchPolicy;
  /** Seed of everything that is sampled. */
  readonly seed: number;
  readonly #law: string;

  /** A trial of one law. */
  constructor(law: string, make: () => BatchPolicy, seed: number) {
    this.#law = law;
    this.make = make;
    this.seed = seed;
  }

  /** Fails the test: the law is broken, by what was found, and where. */
  fail(found: string, where: string): never {
    assert.fail(
      `Law: ${this.#law}\nFound: ${found}\n${where}\nSeed: ${this.seed}`,
    );
  }
}
