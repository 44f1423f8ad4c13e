import { isInteger } from "../../argument.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { hush, tell } from "./policy_run.ts";
import {
  agedPolicies,
  ask,
  batchesOf,
  DELAYS,
  describe,
  type PolicyLaw,
  type PolicyTrial,
  type Probe,
  probesOf,
  reportsOf,
} from "./probes.ts";

/** Longer than any clock's tick, so that a policy that reads one shows. */
const REAL_MS = 5;

/** How often a policy may correct an instant, because numbers are rounded. */
const CORRECTIONS = 3;

/** Laws about a policy's answers. */
export const answerLaws: PolicyLaw[] = [
  { name: "limits are absent or integers of at least 1", check: checkLimits },
  {
    name: "whenIdle never changes, and limits only in observe()",
    check: checkConstants,
  },
  { name: "due() returns a number for any batch", check: checkNumbers },
  { name: "due() returns the same when it is asked again", check: checkPure },
  {
    name: "separate policies answer alike, and share nothing",
    check: checkApart,
  },
  { name: "a batch that is due stays due", check: checkStays },
  { name: "a batch is due at the instant that due() named", check: checkKept },
  { name: "observe() accepts any report, synchronously", check: checkObserve },
];

function checkLimits(trial: PolicyTrial): void {
  const policy = trial.make();
  requireLimits(trial, policy, "a fresh policy");
  for (const report of reportsOf(trial.seed)) {
    tell(policy, report, report.records);
    requireLimits(trial, policy, "a policy that has observed flushes");
  }
}

function requireLimits(
  trial: PolicyTrial,
  policy: BatchPolicy,
  where: string,
): void {
  const limits: unknown = policy.limits ?? {};
  if (typeof limits !== "object") {
    trial.fail(`limits: ${limits}`, `On: ${where}`);
  }
  for (const key of ["records", "bytes"]) {
    const limit = (limits as Record<string, unknown>)[key];
    if (limit !== undefined && !isInteger(limit)) {
      trial.fail(`${typeof limit} ${limit}`, `Limit: ${key}`);
    }
  }
}

function checkConstants(trial: PolicyTrial): void {
  const policy = trial.make();
  const { whenIdle, limits } = policy;
  const fresh = constants(policy);
  if (![undefined, "flush", "wait"].includes(whenIdle)) {
    trial.fail(`whenIdle: ${whenIdle}`, "On: a fresh policy");
  }
  const compare = (other: BatchPolicy, before: string, when: string) => {
    const found = constants(other);
    if (found !== before) trial.fail(`${before}, then ${found}`, `On: ${when}`);
  };
  compare(policy, fresh, "the same policy, read again");
  for (const probe of probesOf(trial.seed)) ask(trial, policy, probe);
  compare(policy, fresh, "the same policy, after due()");
  for (const report of reportsOf(trial.seed)) {
    tell(policy, report, report.records);
  }
  const aged = constants(policy);
  // The log does not notice when an object that it has read changes.
  const changedInPlace = policy.limits === limits && aged !== fresh;
  if (policy.whenIdle !== whenIdle || changedInPlace) {
    const found = `${fresh}, then ${aged}`;
    trial.fail(found, "On: the same policy, after observe()");
  }
  for (const probe of probesOf(trial.seed)) ask(trial, policy, probe);
  compare(policy, aged, "the same policy, after due()");
  compare(trial.make(), fresh, "another fresh policy");
}

function checkNumbers(trial: PolicyTrial): void {
  for (const policy of agedPolicies(trial)) {
    for (const batch of batchesOf(trial.seed)) {
      for (const delay of [...DELAYS, -100]) {
        requireNumber(trial, policy, { batch, now: batch.newestAt + delay });
      }
    }
  }
}

/** In another order, so that counting shows, and some real time later. */
async function checkPure(trial: PolicyTrial): Promise<void> {
  const probes = probesOf(trial.seed);
  for (const policy of agedPolicies(trial)) {
    const first = probes.map((probe) => ask(trial, policy, probe));
    await pass(REAL_MS);
    for (const [index, probe] of [...probes.entries()].reverse()) {
      const second = ask(trial, policy, probe);
      if (Object.is(first[index], second)) continue;
      trial.fail(`${first[index]}, then ${second}`, describe(probe));
    }
  }
}

async function checkApart(trial: PolicyTrial): Promise<void> {
  const probes = probesOf(trial.seed);
  const compare = (policy: BatchPolicy, who: string) => {
    for (const [index, probe] of probes.entries()) {
      const answer = ask(trial, policy, probe);
      if (Object.is(answers[index], answer)) continue;
      const found = `${answers[index]}, and from ${who} ${answer}`;
      trial.fail(found, describe(probe));
    }
  };
  const policy = trial.make();
  const answers = probes.map((probe) => ask(trial, policy, probe));
  await pass(REAL_MS);
  const busy = trial.make();
  compare(busy, "another fresh policy");
  for (const report of reportsOf(trial.seed)) {
    tell(busy, report, report.records);
  }
  for (const probe of probes) ask(trial, busy, probe);
  compare(policy, "the same one, after another observed flushes,");
  compare(trial.make(), "a policy that was made afterwards");
}

function checkStays(trial: PolicyTrial): void {
  for (const policy of agedPolicies(trial)) {
    for (const batch of batchesOf(trial.seed)) {
      let dueAt: number | undefined;
      for (const delay of DELAYS) {
        const now = batch.newestAt + delay;
        const answer = ask(trial, policy, { batch, now });
        if (answer <= now) dueAt ??= now;
        else if (dueAt !== undefined) {
          const found = `due at ${dueAt}, and at ${now} not before ${answer}`;
          trial.fail(found, describe({ batch, now }));
        }
      }
    }
  }
}

/** Otherwise the writer asks turn after turn, and never flushes. */
function checkKept(trial: PolicyTrial): void {
  for (const policy of agedPolicies(trial)) {
    for (const probe of probesOf(trial.seed)) {
      const named = [probe.now];
      while (true) {
        const now = named.at(-1)!;
        const answer = ask(trial, policy, { batch: probe.batch, now });
        if (!(answer > now) || named.length === 1 && answer === Infinity) break;
        named.push(answer);
        if (named.length <= CORRECTIONS + 1 && answer < Infinity) continue;
        trial.fail(
          `asked at ${named.join(", which named ")}, and nothing was added`,
          describe(probe),
        );
      }
    }
  }
}

function checkObserve(trial: PolicyTrial): void {
  const policy = trial.make();
  const probes = probesOf(trial.seed).filter((_, index) => index % 97 === 0);
  for (const report of reportsOf(trial.seed)) {
    const where = `Report: ${JSON.stringify(report)}`;
    let answer: unknown;
    try {
      answer = policy.observe?.(report, report.records);
    } catch (error) {
      trial.fail(`observe() threw ${error}`, where);
    }
    if (hush(answer) instanceof Promise) {
      trial.fail("observe() returned a promise, which nobody awaits", where);
    }
    for (const probe of probes) requireNumber(trial, policy, probe, where);
  }
}

function requireNumber(
  trial: PolicyTrial,
  policy: BatchPolicy,
  probe: Probe,
  where = "",
): void {
  const answer: unknown = ask(trial, policy, probe);
  if (typeof answer === "number" && !Number.isNaN(answer)) return;
  const found = `${typeof answer} ${String(answer)}`;
  trial.fail(found, `${describe(probe)}${where && `\n${where}`}`);
}

function constants({ limits, whenIdle }: BatchPolicy): string {
  const { records, bytes } = limits ?? {};
  return `limits of ${records} records and ${bytes} bytes, ` +
    `whenIdle ${whenIdle ?? "wait"}`;
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
