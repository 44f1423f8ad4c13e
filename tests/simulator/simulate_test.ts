import { AgePolicy } from "../../policies/age_policy.ts";
import type { BatchPolicy, FlushReport } from "../../policies/batch_policy.ts";
import { CountPolicy } from "../../policies/count_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import {
  type Arrival,
  burstyArrivals,
  onOffArrivals,
  poissonArrivals,
  rampArrivals,
  steadyArrivals,
} from "../../simulator/arrivals.ts";
import { type ClosedLoop, thinkingCallers } from "../../simulator/callers.ts";
import {
  constantCosts,
  type CostModel,
  driftingCosts,
} from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { assert, assertEquals, assertThrows } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const costs = constantCosts({ syncMs: 10 });
const leader = () => new LeaderCommitPolicy();

function flushesOf(policy: BatchPolicy, load: Iterable<Arrival> | ClosedLoop) {
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  return { ...simulate(policy, load, costs, { onFlush }), flushes };
}

test("simulate() reports each flush as the writer does", () => {
  const load = [{ at: 5, bytes: 96 }, { at: 7, bytes: 16, records: 2 }];
  const { flushes } = flushesOf(new AgePolicy({ ms: 3 }), load);
  assertEquals(flushes, [{
    reason: "due",
    records: 3,
    bytes: 124,
    firstLsn: 1,
    lastLsn: 3,
    oldestAt: 5,
    startedAt: 8,
    writtenAt: 8,
    endedAt: 18,
  }]);
});

test("simulate() reports a flush to the policy before onFlush", () => {
  const told: string[] = [];
  const policy = {
    due: () => 0,
    observe: () => void told.push("policy"),
  };
  const onFlush = () => void told.push("caller");
  simulate(policy, [{ at: 0, bytes: 1 }], costs, { onFlush });
  assertEquals(told, ["policy", "caller"]);
});

test("simulate() sums up the run", () => {
  const load = [0, 0, 15, 40].map((at) => ({ at, bytes: 6 }));
  const run = simulate(leader(), load, costs);
  assertEquals([...run.latencies], [10, 10, 10, 10]);
  assertEquals([run.startedAt, run.endedAt, run.busyMs], [0, 50, 30]);
  assertEquals([run.flushes, run.records, run.bytes], [3, 4, 40]);
  assertEquals([run.flushesPerSecond, run.recordsPerSecond], [60, 80]);
  assertEquals([run.busyShare, run.recordsPerFlush], [0.6, 4 / 3]);
  assertEquals([run.reasons.due, run.stranded], [3, 0]);
});

test("quantileMs() is the nearest rank, and meanMs the mean", () => {
  const load = [0, 1, 2, 3].map((at) => ({ at, bytes: 0 }));
  const run = simulate(leader(), load, costs);
  assertEquals([...run.latencies], [10, 19, 18, 17]);
  assertEquals(
    [0, 0.25, 0.26, 0.5, 0.75, 1].map((share) => run.quantileMs(share)),
    [10, 10, 17, 17, 18, 19],
  );
  assertEquals([run.meanMs, run.maxMs], [16, 19]);
});

test("simulate() of nothing is a run without flushes", () => {
  const run = simulate(leader(), [], costs);
  assertEquals([run.flushes, run.busyShare, run.flushesPerSecond], [0, 0, 0]);
  assertEquals([run.meanMs, run.maxMs, run.recordsPerFlush], [NaN, NaN, NaN]);
});

test("simulate() counts what only closing flushed as stranded", () => {
  const strict = new CountPolicy({ records: 3, whenIdle: "wait" });
  const load = steadyArrivals({ count: 8, perSecond: 10 });
  const run = simulate(strict, load, costs);
  assertEquals([run.stranded, run.reasons.demand, run.flushes], [2, 1, 3]);
});

test("simulate() lets callers who are ready at once go in their order", () => {
  const order: number[] = [];
  const loop: ClosedLoop = {
    callers: 3,
    next(caller, nth, readyAt) {
      order.push(caller);
      return nth < 3 ? { at: readyAt, bytes: 1 } : undefined;
    },
  };
  simulate(new CountPolicy({ records: 2 }), loop, costs);
  assertEquals(order, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
});

test("simulate() gives each caller time to think", () => {
  const loop = thinkingCallers({
    callers: 1,
    appends: 4,
    thinkMs: 5,
    thinking: "constant",
  });
  const run = simulate(leader(), loop, costs);
  assertEquals([run.startedAt, run.endedAt, run.flushes], [5, 60, 4]);
});

test("simulate() accepts arrivals and callers again and does the same", () => {
  const loads = [
    poissonArrivals({ count: 500, perSecond: 200, seed: 7 }),
    thinkingCallers({ callers: 9, appends: 50, thinkMs: 3, seed: 7 }),
  ];
  for (const load of loads) {
    const latencies = () => [...simulate(leader(), load, costs).latencies];
    assertEquals(latencies(), latencies());
  }
});

test("simulate() keeps memory of a slow device's queue bounded by its line", () => {
  const load = poissonArrivals({ count: 20_000, perSecond: 1e6 });
  const policy = new CountPolicy({ records: 100 });
  const run = simulate(policy, load, costs, { maxQueuedRecords: 50 });
  assertEquals([run.records, run.latencies.length], [20_000, 20_000]);
  assert(run.reasons.pressure > 300);
});

/** When each append of a load arrives, in the order of their acks. */
function arrivalsOf(
  load: Parameters<typeof simulate>[1],
  device: CostModel,
): number[] {
  const ends: number[] = [];
  const onFlush = ({ records, endedAt }: FlushReport) =>
    void ends.push(...Array<number>(records).fill(endedAt));
  const { latencies } = simulate(leader(), load, device, { onFlush });
  return ends.map((endedAt, nth) => endedAt - latencies[nth]);
}

/** Two callers, and an append at 30 ms that waits for nothing. */
const LINKED = Object.assign(
  [0, 0, 15, 18, 30].map((at) => ({ at, bytes: 10 })),
  { links: { after: [0, 0, 2, 2, 0], ackedAt: [10, 10, 25, 35, 40] } },
);

test("simulate() moves recorded appends with the acks that they waited for", () => {
  assertEquals(arrivalsOf(LINKED, constantCosts({ syncMs: 10 })), [
    ...[0, 0, 15, 18, 30],
  ]);
  assertEquals(arrivalsOf(LINKED, constantCosts({ syncMs: 2 })), [
    ...[0, 0, 7, 10, 30],
  ]);
  assertEquals(arrivalsOf(LINKED, constantCosts({ syncMs: 100 })), [
    ...[0, 0, 30, 105, 108],
  ]);
  const open = [...LINKED];
  assertEquals(arrivalsOf(open, constantCosts({ syncMs: 100 })), [
    ...[0, 0, 15, 18, 30],
  ]);
});

test("simulate() asks the policy when a turn is over", () => {
  const device = { ...costs, turnMs: (_: number, calls: number) => calls };
  const load = [0, 0, 1, 50].map((at) => ({ at, bytes: 10 }));
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  simulate(leader(), load, device, { onFlush });
  // The third append is made when the turn of the first two is over, at 2; it
  // is flushed when the turn is over in which they are acknowledged.
  assertEquals(flushes.map(({ startedAt, records }) => [startedAt, records]), [
    ...[[2, 2], [14, 1], [51, 1]],
  ]);
  assertEquals(arrivalsOf(load, device), [0, 0, 2, 50]);
  const bad = { ...costs, turnMs: () => NaN };
  assertThrows(() => simulate(leader(), load, bad), RangeError, "turnMs");
});

test("simulate() lets no append arrive during a flush that blocks", () => {
  const load = [0, 4, 12].map((at) => ({ at, bytes: 10 }));
  const device = { ...costs, isBlocking: true };
  assertEquals(arrivalsOf(load, device), [0, 10, 20]);
  assertEquals(arrivalsOf(load, costs), [0, 4, 12]);
});

test("simulate() refuses what it cannot run", () => {
  const load = [{ at: 0, bytes: 1 }];
  const run = (change: Record<string, unknown>) => () => {
    const { policy = leader(), arrivals = load, device = costs, ...options } =
      change;
    return simulate(
      policy as BatchPolicy,
      arrivals as Arrival[],
      device as CostModel,
      options,
    );
  };
  assertThrows(run({ policy: {} }), TypeError, "policy");
  assertThrows(run({ arrivals: 5 }), TypeError, "load");
  assertThrows(run({ arrivals: { next() {} } }), TypeError, "load.callers");
  assertThrows(run({ arrivals: [{ at: -1 }] }), RangeError, "at must be");
  const back = [{ at: 3, bytes: 1 }, { at: 2, bytes: 1 }];
  assertThrows(run({ arrivals: back }), RangeError, "at least 3: received 2");
  assertThrows(run({ arrivals: [{ at: 0 }] }), TypeError, "bytes must be");
  const none = [{ at: 0, bytes: 1, records: 0 }];
  assertThrows(run({ arrivals: none }), RangeError, "records must be");
  assertThrows(run({ device: { syncMs() {} } }), TypeError, "costs");
  const nan = { writeMs: () => 0, syncMs: () => NaN };
  assertThrows(run({ device: nan }), RangeError, "syncMs must be");
  assertThrows(run({ maxQueuedRecords: 0 }), RangeError, "maxQueuedRecords");
  assertThrows(run({ maxQueuedBytes: 1.5 }), RangeError, "maxQueuedBytes");
});

test("simulate() gives the same figures on every runtime, to the last bit", () => {
  const drawn = { count: 5000, perSecond: 800, seed: 3 };
  const loads = [
    poissonArrivals(drawn),
    burstyArrivals({ ...drawn, burst: 20, burstMs: 7 }),
    onOffArrivals({ ...drawn, onMs: 7, offMs: 3.3 }),
    rampArrivals({ ...drawn, toPerSecond: 2000, rampMs: 900 }),
    thinkingCallers({ callers: 12, appends: 400, thinkMs: 1.7, seed: 3 }),
  ];
  const device = { syncMs: 3, toSyncMs: 5, driftMs: 900, spread: 1.6 };
  const found = loads.map((load) => {
    const run = simulate(
      new LeaderCommitPolicy({ windowMs: 1.5 }),
      load,
      driftingCosts(device),
    );
    return [run.flushes, run.meanMs, run.quantileMs(0.99), run.endedAt];
  });
  assertEquals(found, [
    [1119, 8.945346729489328, 22.89166573180637, 6267.325854549288],
    [589, 8.437287566989687, 20.72566237263618, 6136.740727475197],
    [1548, 8.605627539019173, 21.205480486587476, 9221.659741050204],
    [539, 8.57597117846314, 19.677315104793024, 2784.7134026977237],
    [846, 9.485449003263005, 23.164508311563168, 4539.9678779737105],
  ]);
});

const steps = (depth: number, syncs: number[], policy: BatchPolicy) => {
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  const costs = {
    writeMs: () => 0,
    syncMs: (_at: number, _bytes: number, nth: number) => syncs[nth],
  };
  const load = [0, 1, 2, 3].map((at) => ({ at, bytes: 6 }));
  const run = simulate(policy, load, costs, { depth, onFlush });
  return {
    run,
    flights: flushes.map((
      { startedAt, endedAt, records },
    ) => [startedAt, endedAt, records]),
  };
};

test("simulate() keeps up to depth flushes in flight", () => {
  const { run, flights } = steps(2, [10, 10, 10, 10], leader());
  assertEquals(flights, [[0, 10, 1], [1, 11, 1], [10, 20, 2]]);
  assertEquals([...run.latencies], [10, 10, 18, 17]);
  assertEquals(run.busyMs, 20);
});

test("simulate() acknowledges flushes in order, however long each takes", () => {
  const { run, flights } = steps(3, [20, 1, 5, 4], leader());
  assertEquals(flights, [[0, 20, 1], [1, 20, 1], [2, 20, 1], [20, 24, 1]]);
  assertEquals([...run.latencies], [20, 19, 18, 21]);
  assertEquals([run.busyMs, run.busyShare], [24, 1]);
});

test("simulate() asks about what waits while other flushes are in flight", () => {
  const { flights } = steps(4, [10, 10, 10, 10], new AgePolicy({ ms: 2 }));
  assertEquals(flights, [[2, 12, 2], [4, 14, 2]]);
});

test("simulate() seals and sends several full batches at once", () => {
  const load = Array.from({ length: 5 }, () => ({ at: 0, bytes: 6 }));
  const run = simulate(new CountPolicy({ records: 2 }), load, costs, {
    depth: 2,
  });
  assertEquals([...run.latencies], [10, 10, 10, 10, 20]);
});

test("simulate() has one flush in flight if it blocks, and says so", () => {
  const blocking = { ...costs, isBlocking: true };
  assertThrows(
    () => simulate(leader(), [], blocking, { depth: 2 }),
    RangeError,
    "depth must be 1 if flushes block the event loop",
  );
  assertThrows(() => simulate(leader(), [], costs, { depth: 0 }), RangeError);
});
