/**
 * Goal: `simulate` makes the flushes that the real writer makes, in every field
 * of their reports, and each append waits as long.
 *
 * Method: random loads, costs and bounds under every policy, compositions of
 * them, and policies that answer anything; the writer runs on a virtual clock
 * and a frame log that takes its time.
 *
 * @module
 */
import fc from "fast-check";
import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { anyOf } from "../../policies/any_of.ts";
import type { FlushReport } from "../../policies/batch_policy.ts";
import { ClosedSource, OpenSource } from "../../simulator/_source.ts";
import type { Arrival } from "../../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../../simulator/callers.ts";
import { type CostModel, driftingCosts } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { assertEquals, assertGreater } from "../kit/assert.ts";
import {
  friendlyPolicies,
  hostilePolicies,
  type MakePolicy,
} from "../kit/hostile_policy.ts";
import { test } from "../kit/register.ts";
import { runWriter } from "../kit/run_writer.ts";

const gap = fc.oneof(
  fc.constantFrom(0, 0, 0, 0.1, 1, 2, 3),
  fc.double({ min: 0, max: 12, noNaN: true }),
);
const bytes = fc.constantFrom(0, 1, 8, 30, 100, 2000);

const openLoads: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({ gap, bytes, records: fc.constantFrom(1, 1, 1, 2, 5) }),
  { maxLength: 60, size: "max" },
).map((steps) => {
  let at = 0;
  return steps.map(({ gap, bytes, records }) => {
    at += gap;
    return { at, bytes, records };
  });
});

const closedLoads: fc.Arbitrary<ClosedLoop> = fc.record({
  callers: fc.integer({ min: 1, max: 9 }),
  appends: fc.integer({ min: 1, max: 8 }),
  thinkMs: fc.constantFrom(0, 1, 5),
  thinking: fc.constantFrom("constant", "exponential"),
  bytes,
  seed: fc.integer(),
}).map(thinkingCallers);

const costs = fc.record({
  syncMs: fc.constantFrom(0.02, 1, 7),
  toSyncMs: fc.constantFrom(0.02, 1, 7),
  driftMs: fc.constantFrom(0, 50),
  spread: fc.constantFrom(1, 2),
  writeMs: fc.constantFrom(0, 0.3),
  writeMsPerMiB: fc.constantFrom(0, 100),
}).map(driftingCosts);

/** Where flushes go. */
interface Place {
  depth: number;
  costs: CostModel;
}

/** A device, of which a sync may take no time. */
const devices: fc.Arbitrary<Place> = fc.record({
  costs,
  free: fc.constantFrom(false, false, true),
}).map(({ costs, free }) => ({
  depth: 1,
  costs: { ...costs, ...(free && { syncMs: () => 0 }) },
}));

/** A store of which each request takes time, and several are on their way. */
const stores: fc.Arbitrary<Place> = fc.record({
  depth: fc.constantFrom(2, 3, 8),
  costs,
});

const bounds = fc.record({
  maxQueuedRecords: fc.constantFrom(1, 2, 5, 10_000),
  maxQueuedBytes: fc.constantFrom(1, 64, 2200, 1 << 20),
});

const compositions: fc.Arbitrary<MakePolicy> = fc.array(
  fc.oneof({ weight: 3, arbitrary: friendlyPolicies }, hostilePolicies),
  { minLength: 2, maxLength: 3 },
).map((makers) => () => anyOf(...makers.map((make) => make())));

/** Policies that use what the library's own do not. */
const otherPolicies: fc.Arbitrary<MakePolicy> = fc.constantFrom<MakePolicy[]>(
  () => ({ due: ({ newestAt }) => newestAt + 1.5 }),
  () => ({ due: ({ records }, now) => records > 3 ? now : now + 0.7 }),
  () => ({ due: ({ bytes, oldestAt }) => oldestAt + bytes / 50 }),
);

/** Changes of settings at instants at which other things happen, or not. */
const someChanges: fc.Arbitrary<MakeChange[]> = fc.array(
  fc.record({
    gap,
    make: fc.option(friendlyPolicies, { nil: undefined }),
    bounds: fc.option(bounds, { nil: {} }),
  }),
  { minLength: 1, maxLength: 6 },
);
const noChanges: fc.Arbitrary<MakeChange[]> = fc.constant([]);

interface MakeChange {
  gap: number;
  make: MakePolicy | undefined;
  bounds: Partial<Record<"maxQueuedRecords" | "maxQueuedBytes", number>>;
}

/** The changes, each with a new policy. */
function changesOf(makers: readonly MakeChange[]) {
  let at = 0;
  return makers.map(({ gap, make, bounds }) => {
    at += gap;
    return { at, policy: make?.(), ...bounds };
  });
}

async function differ(
  policies: fc.Arbitrary<MakePolicy>,
  loads: fc.Arbitrary<Arrival[] | ClosedLoop>,
  { changes = noChanges, places = devices }: {
    changes?: fc.Arbitrary<MakeChange[]>;
    places?: fc.Arbitrary<Place>;
  } = {},
): Promise<void> {
  const property = fc.asyncProperty(
    policies,
    loads,
    places,
    bounds,
    changes,
    async (make, load, { costs, depth }, bounds, changes) => {
      const flushes: FlushReport[] = [];
      const onFlush = (flush: FlushReport) => void flushes.push(flush);
      const options = { ...bounds, onFlush, depth };
      const { latencies } = simulate(make(), load, costs, {
        ...options,
        changes: changesOf(changes),
      });
      const source = Array.isArray(load)
        ? new OpenSource(load)
        : new ClosedSource(load);
      const run = await runWriter(make(), source, costs, {
        ...bounds,
        depth,
        changes: changesOf(changes),
      });
      assertEquals(flushes, run.flushes);
      assertEquals([...latencies], run.latencies);
    },
  );
  await fc.assert(property, { numRuns: 150 });
}

test("simulate() equals the writer for each policy, open loop", () =>
  differ(friendlyPolicies, openLoads));

test("simulate() equals the writer for each policy, closed loop", () =>
  differ(friendlyPolicies, closedLoads));

test("simulate() equals the writer when settings change, open loop", () =>
  differ(friendlyPolicies, openLoads, { changes: someChanges }));

test("simulate() equals the writer when settings change, closed loop", () =>
  differ(friendlyPolicies, closedLoads, { changes: someChanges }));

test("simulate() equals the writer with several in flight, open loop", () =>
  differ(friendlyPolicies, openLoads, { places: stores }));

test("simulate() equals the writer with several in flight, closed loop", () =>
  differ(friendlyPolicies, closedLoads, { places: stores }));

test("simulate() equals the writer with several in flight, changed", () =>
  differ(friendlyPolicies, openLoads, {
    places: stores,
    changes: someChanges,
  }));

test("simulate() equals the writer with several in flight, for anything", () =>
  differ(hostilePolicies, fc.oneof(openLoads, closedLoads), {
    places: stores,
  }));

test("simulate() equals the writer for compositions, open loop", () =>
  differ(compositions, openLoads));

test("simulate() equals the writer for compositions, closed loop", () =>
  differ(compositions, closedLoads));

test("simulate() equals the writer for policies that answer anything", () =>
  differ(hostilePolicies, fc.oneof(openLoads, closedLoads)));

test("simulate() equals the writer for policies that look elsewhere", () =>
  differ(otherPolicies, fc.oneof(openLoads, closedLoads)));

test("simulate() equals the writer while AdaptivePolicy removes its cap", async () => {
  for (const [callers, thinkMs] of [[200, 0], [700, 1], [400, 5]]) {
    const load = thinkingCallers({ callers, appends: 12, thinkMs });
    const costs = driftingCosts({ syncMs: 3, spread: 1.3 });
    const bounds = { maxQueuedRecords: 500, maxQueuedBytes: 1 << 20 };
    const flushes: FlushReport[] = [];
    const onFlush = (flush: FlushReport) => void flushes.push(flush);
    const options = { ...bounds, onFlush };
    const policy = new AdaptivePolicy();
    const { latencies } = simulate(policy, load, costs, options);
    const source = new ClosedSource(load);
    const run = await runWriter(new AdaptivePolicy(), source, costs, bounds);
    assertEquals(flushes, run.flushes);
    assertEquals([...latencies], run.latencies);
    const largest = Math.max(...flushes.map(({ records }) => records));
    assertGreater(largest, 128);
  }
});

test("simulate() seals a batch that has no limit where the writer does", async () => {
  const load = Array.from({ length: 6 }, () => ({ at: 0, bytes: 13 << 20 }));
  const costs = { writeMs: () => 0, syncMs: () => 1 };
  const bounds = { maxQueuedBytes: 1 << 30 };
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  const never = { due: () => Infinity };
  simulate(never, load, costs, { ...bounds, onFlush });
  const source = new OpenSource(load);
  const run = await runWriter(never, source, costs, bounds);
  assertEquals(flushes, run.flushes);
  assertEquals(flushes[0].reason, "limit");
});

test("simulate() closes on a policy that puts off forever", async () => {
  const later = { due: (_: unknown, now: number) => now + 3 };
  const costs = { writeMs: () => 0, syncMs: () => 1 };
  const load = [{ at: 0, bytes: 1 }, { at: 7, bytes: 1 }];
  const { latencies, stranded } = simulate(later, load, costs);
  const run = await runWriter(later, new OpenSource(load), costs);
  assertEquals([...latencies], run.latencies);
  assertEquals([stranded, latencies[1]], [2, 3001]);
});
