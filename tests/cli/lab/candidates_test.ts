import {
  candidatesFor,
  figuresOf,
  medianFlushMs,
  replayAll,
  tracedCosts,
} from "../../../cli/lab/candidates.ts";
import { decide } from "../../../cli/lab/decide.ts";
import {
  compareReplay,
  describeError,
  describeTrace,
} from "../../../cli/lab/describe_trace.ts";
import { parsePolicy } from "../../../policies/parse_policy.ts";
import { burstyArrivals } from "../../../simulator/arrivals.ts";
import { thinkingCallers } from "../../../simulator/callers.ts";
import { driftingCosts } from "../../../simulator/costs.ts";
import { loadTrace } from "../../../simulator/load_trace.ts";
import { recordedRun } from "../../../simulator/recorded_run.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { NotedRun } from "../../../simulator/simulation.ts";
import {
  assertEquals,
  assertLess,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { traceText } from "../../kit/trace_text.ts";

test("candidatesFor() begins with the default and names each policy once", () => {
  for (const flushMs of [0, 0.0004, 0.137, 9.87, 1234]) {
    const names = candidatesFor(flushMs);
    assertEquals(names[0], "leader");
    assertEquals(new Set(names).size, names.length);
    for (const name of names) parsePolicy(name);
  }
  assertEquals(candidatesFor(9.87)[1], "leader:5");
  assertEquals(medianFlushMs([]), 0);
});

test("candidatesFor() adds what aims at a bound", () => {
  const names = candidatesFor(8, { maxP99Ms: 40 });
  assertEquals(names.slice(-2), ["adaptive", "adaptive:40"]);
  const cheap = candidatesFor(8, { maxP99Ms: 40, goal: "money" });
  assertEquals(cheap.slice(-5), [
    ...["age:12", "age:18", "age:24", "adaptive", "adaptive:40"],
  ]);
  assertEquals(
    candidatesFor(30, { maxP99Ms: 40, goal: "money" }).at(-3),
    "count:1000,bytes:1m,age:10",
  );
});

/** Replays the trace of a load, with its own costs. */
async function replay(text: string, seeds: number) {
  const trace = await loadTrace([text]);
  const contenders = await replayAll(candidatesFor(8), {
    ...{ trace, seeds, costsOf: (seed) => tracedCosts(trace, seed) },
    pause: () => Promise.resolve(true),
  });
  return { trace, contenders: contenders! };
}

const SLOW = driftingCosts({ syncMs: 8, spread: 1.1 });

test("replayAll() finds the best policy for callers that think", async () => {
  const load = thinkingCallers({ callers: 16, appends: 60, thinkMs: 1 });
  const { contenders } = await replay(traceText(load, SLOW), 20);
  const { choice, alike } = decide(contenders);
  assertEquals([choice, alike.includes("leader")], ["adaptive", false]);
  // As they would really do: with the callers, not with their trace.
  const really = (name: string) =>
    simulate(parsePolicy(name), load, SLOW).meanMs;
  for (const { name, figures } of decide(contenders).standings) {
    assertLess(Math.abs(figures.meanMs / really(name) - 1), 0.1);
  }
});

/** Twenty loads, each with a fast device and a slow one; a seed varies them. */
const LOADS = [0.2, 8].flatMap((syncMs) => {
  const device = (seed: number) => driftingCosts({ syncMs, spread: 1.2, seed });
  const callers = [
    ...[[1, 0], [4, 1], [16, 0], [16, 1], [64, 0], [64, 5], [512, 1]],
  ].map(([callers, thinkMs]) => (seed: number) => {
    const appends = Math.max(20, Math.ceil(1500 / callers));
    return thinkingCallers({ callers, appends, thinkMs, seed });
  });
  const bursts = [[200, 1], [2000, 1], [2000, 50]].map(
    ([perSecond, burst]) => (seed: number) =>
      burstyArrivals({ count: 1500, perSecond, burst, seed }),
  );
  return [...callers, ...bursts].map((load) => ({ load, device }));
});

test("replayAll() and decide() recommend within 5 % of the best, for 20 loads", async () => {
  const worse: number[] = [];
  for (const { load, device } of LOADS) {
    const trace = traceText(load(1), device(1));
    const { contenders } = await replay(trace, 10);
    const { choice } = decide(contenders);
    // As policies really do, at other times and with other syncs.
    const meanMs = (name: string) =>
      [2, 3, 4].map((seed) =>
        simulate(parsePolicy(name), load(seed), device(seed)).meanMs
      ).reduce((sum, ms) => sum + ms);
    const best = Math.min(...contenders.map(({ name }) => meanMs(name)));
    worse.push(meanMs(choice) / best - 1);
  }
  assertEquals(worse.length, 20);
  assertLess(Math.max(...worse), 0.05);
});

test("replayAll() ends when its pause says so", async () => {
  const load = thinkingCallers({ callers: 1, appends: 3 });
  const trace = await loadTrace([traceText(load)]);
  let runs = 0;
  const contenders = await replayAll(["leader", "age:2"], {
    ...{ trace, seeds: 4, costsOf: (seed) => tracedCosts(trace, seed) },
    pause: () => Promise.resolve(++runs < 6),
  });
  assertEquals([contenders, runs], [undefined, 6]);
});

test("describeTrace() says how many appends waited, and what is not known", async () => {
  const load = thinkingCallers({ callers: 8, appends: 50, thinkMs: 1 });
  const text = traceText(load, SLOW);
  const trace = await loadTrace([text]);
  const { waitedShare, notes } = describeTrace(trace, recordedRun(trace));
  assertEquals([waitedShare, notes], [392 / 400, []]);
  const old = await loadTrace([
    text.replace('"linked":true', '"linked":false'),
  ]);
  const { notes: [note] } = describeTrace(old, recordedRun(old));
  assertStringIncludes(note, "does not show which appends waited for acks");
});

test("describeTrace() says that the device changed", async () => {
  const load = thinkingCallers({ callers: 1, appends: 400 });
  const notesOf = async (toSyncMs: number) => {
    const costs = driftingCosts({ syncMs: 1, toSyncMs, driftMs: 600 });
    const trace = await loadTrace([traceText(load, costs)]);
    return describeTrace(trace, recordedRun(trace)).notes;
  };
  assertEquals(await notesOf(1.4), []);
  const [note] = await notesOf(3);
  assertStringIncludes(note, "the device changed during the trace");
});

test("compareReplay() says how far a replay is from what was recorded", async () => {
  const load = thinkingCallers({ callers: 16, appends: 60, thinkMs: 1 });
  const { trace, contenders } = await replay(traceText(load, SLOW), 3);
  const recorded = recordedRun(trace)!;
  const { policy, mean, p99 } = compareReplay(recorded, contenders[0]);
  assertEquals(policy, "leader");
  assertLess(Math.abs(mean), 0.02);
  assertLess(Math.abs(p99), 0.1);
  assertEquals(
    describeError({ policy, mean: -0.041, p99: 0.12 }),
    'replaying "leader", the recorded policy, gives a mean 4 % below the ' +
      "recorded one and a p99 12 % above the recorded one",
  );
});

test("figuresOf() counts a flush as a request that is paid for", () => {
  const run = new NotedRun();
  run.noteAppend(0, 500);
  const times = { startedAt: 0, writtenAt: 500, endedAt: 500 };
  run.noteFlush({
    ...{ reason: "due", records: 1, bytes: 9, firstLsn: 1, lastLsn: 1 },
    ...{ oldestAt: 0, ...times },
  }, false);
  const { moneyPerMonth, flushesPerSecond } = figuresOf({ name: "", run }, 5);
  assertEquals(flushesPerSecond, 2);
  assertEquals(moneyPerMonth, 2 * 30.4375 * 86_400 * 5 / 1e6);
  assertEquals(figuresOf({ name: "", run }).moneyPerMonth, undefined);
});

test("figuresOf() takes each quantile from the latencies", () => {
  const run = new NotedRun();
  for (let ms = 1; ms <= 10_000; ms++) run.noteAppend(0, ms);
  const { meanMs, p50Ms, p99Ms, p999Ms, maxMs } = figuresOf({ name: "", run });
  assertEquals([p50Ms, p99Ms, p999Ms, maxMs], [5000, 9900, 9990, 10_000]);
  assertEquals(meanMs, 5000.5);
});
