/**
 * Goal: a trace of a real log, put through `simulate` with the same policy and
 * costs, gives exactly the flushes that the log made, and those are in the
 * trace.
 *
 * Method: random loads, costs and bounds under every policy on a virtual clock;
 * the arrivals come from the trace alone.
 *
 * @module
 */
import fc from "fast-check";
import type { FlushReport } from "../../policies/batch_policy.ts";
import { ClosedSource, OpenSource } from "../../simulator/_source.ts";
import type { Arrival } from "../../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../../simulator/callers.ts";
import { type CostModel, driftingCosts } from "../../simulator/costs.ts";
import { loadTrace } from "../../simulator/load_trace.ts";
import { recordedRun } from "../../simulator/recorded_run.ts";
import { simulate } from "../../simulator/simulate.ts";
import { assertEquals } from "../kit/assert.ts";
import {
  friendlyPolicies,
  hostilePolicies,
  type MakePolicy,
} from "../kit/hostile_policy.ts";
import { test } from "../kit/register.ts";
import { runWriter } from "../kit/run_writer.ts";

const bytes = fc.constantFrom(0, 8, 100, 2000);

const openLoads: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({
    gap: fc.oneof(
      fc.constantFrom(0, 0, 1, 2),
      fc.double({ min: 0, max: 12, noNaN: true }),
    ),
    bytes,
    records: fc.constantFrom(1, 1, 3),
  }),
  { maxLength: 60, size: "max" },
).map((steps) => {
  let at = 0;
  return steps.map(({ gap, ...append }) => ({ at: at += gap, ...append }));
});

const closedLoads: fc.Arbitrary<ClosedLoop> = fc.record({
  callers: fc.integer({ min: 1, max: 9 }),
  appends: fc.integer({ min: 1, max: 8 }),
  thinkMs: fc.constantFrom(0, 1, 5),
  bytes,
  seed: fc.integer(),
}).map(thinkingCallers);

const costs: fc.Arbitrary<CostModel> = fc.record({
  syncMs: fc.constantFrom(0.02, 1, 7),
  toSyncMs: fc.constantFrom(0.02, 7),
  driftMs: fc.constantFrom(0, 50),
  spread: fc.constantFrom(1, 2),
  writeMs: fc.constantFrom(0, 0.3),
}).map(driftingCosts);

const bounds = fc.record({
  maxQueuedRecords: fc.constantFrom(2, 5, 10_000),
  maxQueuedBytes: fc.constantFrom(64, 2200, 1 << 20),
});

async function replay(
  make: MakePolicy,
  load: Arrival[] | ClosedLoop,
  costs: CostModel,
  bounds: { maxQueuedRecords: number; maxQueuedBytes: number },
  depth = 1,
): Promise<void> {
  const lines: string[] = [];
  const write = (more: string) => void lines.push(more);
  const source = Array.isArray(load)
    ? new OpenSource(load)
    : new ClosedSource(load);
  const run = await runWriter(make(), source, costs, {
    ...bounds,
    depth,
    trace: { write },
  });
  const trace = await loadTrace(lines);
  assertEquals(trace.end, "closed");
  assertEquals(trace.flushes, run.flushes);
  const recorded = recordedRun(trace)!;
  assertEquals([...recorded.latencies], run.latencies);

  const replayed: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void replayed.push(flush);
  const { maxQueuedBytes, maxQueuedRecords } = trace.options;
  assertEquals({ maxQueuedBytes, maxQueuedRecords }, { ...bounds });
  assertEquals(trace.options.depth, depth > 1 ? depth : undefined);
  const { latencies } = simulate(make(), trace.arrivals, costs, {
    ...trace.options,
    onFlush,
  });
  assertEquals(replayed, run.flushes);
  assertEquals([...latencies], run.latencies);
}

function replayAll(
  policies: fc.Arbitrary<MakePolicy>,
  loads: fc.Arbitrary<Arrival[] | ClosedLoop>,
  depth = 1,
): Promise<void> {
  const property = fc.asyncProperty(
    ...[policies, loads, costs, bounds] as const,
    (...drawn) => replay(...drawn, depth),
  );
  return fc.assert(property, { numRuns: 150 });
}

test("a trace replays to the flushes that the log made, open loop", () =>
  replayAll(friendlyPolicies, openLoads));

test("a trace replays with as many flushes in flight as the log had", () =>
  replayAll(friendlyPolicies, openLoads, 3));

test("a trace replays to the flushes that the log made, closed loop", () =>
  replayAll(friendlyPolicies, closedLoads));

test("a trace replays to the flushes that the log made under any policy", () =>
  replayAll(hostilePolicies, openLoads));
