/**
 * Goal: whatever a policy answers and whatever is called when, no record is
 * lost, reordered, doubled or acknowledged early.
 *
 * Method: random scripts of calls against a log on a virtual clock and a fake
 * frame log that may answer late; compared with a plain list of the records.
 *
 * @module
 */
import fc from "fast-check";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assertEquals, assertLessOrEqual } from "../kit/assert.ts";
import { friendlyPolicies, hostilePolicies } from "../kit/hostile_policy.ts";
import {
  changingScripts,
  type Command,
  ModelRun,
  scripts,
} from "../kit/model_run.ts";
import { test } from "../kit/register.ts";

const answers = fc.constantFrom("once", "promise", "held");
const policies = fc.oneof(friendlyPolicies, hostilePolicies);

/** Small bounds, so that scripts reach them. */
const bounds = fc.record({
  maxQueuedRecords: fc.constantFrom(1, 2, 5, 10_000),
  maxQueuedBytes: fc.constantFrom(1, 20, 64, 1 << 20),
  mode: fc.constantFrom<WalOptions>(
    { synchronous: "full", syncIntervalMs: 3 },
    { synchronous: "normal", syncIntervalMs: 0 },
    { synchronous: "normal", syncIntervalMs: 3 },
    { synchronous: "normal", syncIntervalMs: Infinity },
    { synchronous: "off" },
  ),
});

/** Runs scripts under policies and lets `judge` look at how they ended. */
async function forAll<Policy extends BatchPolicy>(
  policies: fc.Arbitrary<() => Policy>,
  judge: (run: ModelRun, policy: Policy) => void,
  commands = scripts,
): Promise<void> {
  const property = fc.asyncProperty(
    policies,
    bounds,
    answers,
    commands,
    async (makePolicy, { mode, ...bounds }, answer, script: Command[]) => {
      const policy = makePolicy();
      const options = { ...bounds, ...mode, policy };
      const run = await ModelRun.open(options, { answer });
      for (const command of script) await run.execute(command);
      await run.close();
      judge(run, policy);
    },
  );
  await fc.assert(property, { numRuns: 150 });
}

test("Wal keeps every record once, in call order, under any policy", () =>
  forAll(policies, (run) => {
    assertEquals(run.log.texts(), run.texts);
    let next = 1;
    for (const { firstLsn, records } of run.log.frames) {
      assertEquals(firstLsn, next);
      next += records.length;
    }
  }));

test("Wal acknowledges nothing early, and everything eventually", () =>
  forAll(policies, (run) => assertEquals(run.breaches, [])));

test("configure() keeps the promises of what was appended before", () =>
  forAll(policies, (run) => {
    assertEquals(run.breaches, []);
    assertEquals(run.log.texts(), run.texts);
    assertEquals(run.log.overlaps, 0);
    assertEquals(run.log.syncedLsn, run.log.lastLsn);
  }, changingScripts));

test("Wal has one call on its frame log in flight at a time", () =>
  forAll(policies, (run) => assertEquals(run.log.overlaps, 0)));

test("Wal leaves nothing unsynced behind when it is closed", () =>
  forAll(policies, ({ log }) => {
    assertEquals(log.syncedLsn, log.lastLsn);
    assertEquals(log.calls.at(-1), "close");
  }));

test("appendBatch() puts its records into one frame under any limits", () =>
  forAll(policies, ({ log, accepted }) => {
    for (const { first, texts } of accepted) {
      const last = first + texts.length - 1;
      const frame = log.frames.findLast(({ firstLsn }) => firstLsn <= first)!;
      assertLessOrEqual(last, frame.firstLsn + frame.records.length - 1);
    }
  }));

/** Notes the limits of a policy whenever they are read. */
class NotingLimits implements BatchPolicy {
  readonly read: BatchPolicy["limits"][] = [];
  readonly due: BatchPolicy["due"];
  readonly observe: BatchPolicy["observe"];
  readonly #policy: BatchPolicy;

  constructor(policy: BatchPolicy) {
    this.#policy = policy;
    this.due = (batch, now) => policy.due(batch, now);
    this.observe = (flush, queued) => policy.observe?.(flush, queued);
  }

  get limits() {
    this.read.push(this.#policy.limits);
    return this.read.at(-1);
  }

  get whenIdle() {
    return this.#policy.whenIdle;
  }

  /** The highest limit that was ever read. */
  highest(key: "records" | "bytes"): number {
    return Math.max(...this.read.map((limits) => limits?.[key] ?? Infinity));
  }
}

const noting = policies.map((make) => () => new NotingLimits(make()));

test("Wal makes no frame beyond the limits except of one entry alone", () =>
  forAll(noting, ({ log, accepted }, policy) => {
    const mostRecords = policy.highest("records");
    const mostBytes = policy.highest("bytes");
    for (const { firstLsn, records, length } of log.frames) {
      const alone = accepted.some(({ first, texts }) =>
        first === firstLsn && texts.length === records.length
      );
      const beyond = records.length > mostRecords || length > mostBytes;
      assertEquals(beyond && !alone, false);
    }
  }));
