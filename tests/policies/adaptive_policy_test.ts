import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import {
  type Arrival,
  burstyArrivals,
  poissonArrivals,
} from "../../simulator/arrivals.ts";
import { thinkingCallers } from "../../simulator/callers.ts";
import { constantCosts, type CostModel } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import {
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertThrows,
} from "../kit/assert.ts";
import { ObservingPolicy } from "../kit/observing_policy.ts";
import { openWal } from "../kit/open_wal.ts";
import { test } from "../kit/register.ts";

const full = (flushes: number) => Array<number>(flushes).fill(128);

/** Seed 004's table: records of a burst, and of each flush of it. */
const TABLE: [number, number[]][] = [
  [2, [2]],
  [4, [4]],
  [8, [8]],
  [16, [16]],
  [32, [32]],
  [64, [64]],
  [128, [128]],
  [256, full(2)],
  [512, full(4)],
  [1000, [...full(7), 104]],
];

for (const [burst, sizes] of TABLE) {
  test(`AdaptivePolicy flushes a burst of ${burst} as [${sizes}]`, async () => {
    const policy = new ObservingPolicy(new AdaptivePolicy());
    const { wal, clock, close } = await openWal({ policy });
    const appends = Array.from({ length: burst }, () => wal.append("x"));
    await clock.settle(Promise.all(appends));
    assertEquals([policy.sizes, clock.now()], [sizes, 0]);
    await close();
  });
}

test("AdaptivePolicy keeps the table whatever bursts came before", () => {
  const policy = new AdaptivePolicy();
  const bursts = [...TABLE, ...TABLE.toReversed(), ...TABLE];
  const load = bursts.flatMap(([burst], index) =>
    Array.from({ length: burst }, () => ({ at: index * 100, bytes: 8 }))
  );
  const sizes: number[] = [];
  simulate(policy, load, constantCosts({ syncMs: 2 }), {
    onFlush: ({ records }) => void sizes.push(records),
  });
  assertEquals(sizes, bursts.flatMap(([, sizes]) => sizes));
});

test("AdaptivePolicy strands no odd record", async () => {
  const policy = new ObservingPolicy(new AdaptivePolicy());
  const { wal, clock, close } = await openWal({ policy });
  for (const burst of [3, 1, 5, 1]) {
    const appends = Array.from({ length: burst }, () => wal.append("x"));
    await clock.settle(Promise.all(appends));
  }
  assertEquals([policy.sizes, clock.now()], [[3, 1, 5, 1], 0]);
  await close();
});

const spreadBursts = burstyArrivals({
  count: 4000,
  perSecond: 200,
  burst: 16,
  burstMs: 2,
});
const device = constantCosts({ syncMs: 10 });

test("AdaptivePolicy waits for the rest of a burst that is spread", () => {
  const sizes: number[] = [];
  const onFlush = ({ records }: { records: number }) =>
    void sizes.push(records);
  const run = simulate(new AdaptivePolicy(), spreadBursts, device, { onFlush });
  const whole = sizes.slice(8).filter((size) => size % 16 === 0).length;
  assertGreater(whole / (sizes.length - 8), 0.9);
  assertLessOrEqual(run.quantileMs(0.5), 12);
});

/** How much faster callers are than with leader commit. */
function paceOf(callers: number, thinkMs: number, syncMs: number): number {
  const load = thinkingCallers({ callers, appends: 100, thinkMs });
  const costs = constantCosts({ syncMs, writeMsPerMiB: 1 });
  const adaptive = simulate(new AdaptivePolicy(), load, costs);
  const leader = simulate(new LeaderCommitPolicy(), load, costs);
  return adaptive.recordsPerSecond / leader.recordsPerSecond;
}

for (const callers of [1, 127, 128, 129, 200, 500, 3000, 9000]) {
  test(`AdaptivePolicy is no cliff for ${callers} callers`, () => {
    for (const syncMs of [0.1, 8]) {
      for (const thinkMs of [0, syncMs / 8, 20]) {
        assertGreater(paceOf(callers, thinkMs, syncMs), 0.95);
      }
    }
  });
}

test("AdaptivePolicy waits for more callers than its default ladder has", () => {
  assertGreater(paceOf(500, 1, 8), 1.15);
});

/** Sizes of the flushes of `load`, and the cap after each. */
function capsOf(load: Iterable<Arrival>, policy = new AdaptivePolicy()) {
  const sizes: number[] = [];
  const caps: (number | undefined)[] = [];
  simulate(policy, load, device, {
    onFlush({ records }) {
      sizes.push(records);
      caps.push(policy.limits.records);
    },
  });
  return { sizes, caps };
}

const burstAt = (at: number, records: number) =>
  Array<Arrival>(records).fill({ at, bytes: 8 });

test("AdaptivePolicy keeps its cap for a burst, and not for what follows it", () => {
  assertEquals(capsOf(burstAt(0, 400)).sizes, [128, 128, 128, 16]);
  // The cap is removed at the end of the second flush, 20 ms on.
  const busy = [...burstAt(0, 400), ...burstAt(15, 1), ...burstAt(25, 300)];
  const { sizes, caps } = capsOf(busy);
  assertEquals(sizes, [128, 128, 145, 300]);
  assertEquals(caps, [128, undefined, undefined, undefined]);
});

test("AdaptivePolicy has its cap again after 256 small flushes", () => {
  const load = [...burstAt(0, 400), ...burstAt(15, 1)];
  for (let nth = 1; nth <= 300; nth++) load.push(...burstAt(nth * 100, 2));
  const { caps } = capsOf(load);
  const removedAt = caps.indexOf(undefined);
  const backAt = caps.indexOf(128, removedAt);
  assertEquals([removedAt, backAt], [1, 2 + 256]);
});

test("AdaptivePolicy never exceeds a ladder that was given", () => {
  const loop = thinkingCallers({ callers: 500, appends: 20 });
  const policy = new AdaptivePolicy({ ladder: [2, 128] });
  simulate(policy, loop, device, {
    onFlush: ({ records }) => assertLessOrEqual(records, 128),
  });
  assertEquals(policy.limits, { records: 128 });
});

test("AdaptivePolicy ends waits by time after a change of the device", () => {
  // Bursts on a device of 20 ms, then single records on one of 0.1 ms.
  const quietFrom = 20_000;
  const load: Arrival[] = [];
  for (let at = 0; at < quietFrom; at += 200) {
    for (let nth = 0; nth < 16; nth++) load.push({ at: at + nth, bytes: 8 });
  }
  for (let nth = 1; nth <= 20; nth++) {
    load.push(...burstAt(quietFrom + nth * 1000, 1));
  }
  const changing: CostModel = {
    writeMs: () => 0,
    syncMs: (at) => at < quietFrom ? 20 : 0.1,
  };
  const waits: number[] = [];
  simulate(new AdaptivePolicy(), load, changing, {
    onFlush({ oldestAt, startedAt }) {
      if (oldestAt > quietFrom) waits.push(startedAt - oldestAt);
    },
  });
  assertGreater(waits[0], 5);
  // After three quick flushes, the waits are short, and soon there are none.
  for (const waitMs of waits.slice(3)) assertLessOrEqual(waitMs, 0.8 + 1e-9);
  assertEquals(waits.slice(8), waits.slice(8).map(() => 0));
});

test("AdaptivePolicy makes the fewest flushes that keep a p99", () => {
  for (const [perSecond, p99Ms] of [[100, 30], [2000, 30], [2000, 200]]) {
    const load = poissonArrivals({ count: 20_000, perSecond });
    const policy = new AdaptivePolicy({ goal: { p99Ms } });
    const run = simulate(policy, load, device);
    assertLessOrEqual(run.quantileMs(0.99), p99Ms);
    const best = simulate(new AgePolicy({ ms: p99Ms - 10 }), load, device);
    assertLessOrEqual(run.flushes, 1.05 * best.flushes);
  }
});

test("AdaptivePolicy does not wait where flushes alone exceed a p99", () => {
  const load = poissonArrivals({ count: 5000, perSecond: 100 });
  const policy = new AdaptivePolicy({ goal: { p99Ms: 5 } });
  const leader = simulate(new LeaderCommitPolicy(), load, device);
  assertEquals(simulate(policy, load, device).latencies, leader.latencies);
});

test("AdaptivePolicy weighs flushes against latency by their prices", () => {
  const load = poissonArrivals({ count: 20_000, perSecond: 2000 });
  const costOf = (policy: BatchPolicy, price: number) => {
    const run = simulate(policy, load, device);
    return price * run.flushes + run.meanMs * run.records;
  };
  for (const price of [100, 2000, 50_000]) {
    const goal = { perFlush: price * 1e-6, perRecordMs: 1e-6 };
    const cost = costOf(new AdaptivePolicy({ goal }), price);
    const ages = [0, 5, 10, 20, 40, 80, 160, 250, 320];
    const costs = ages.map((ms) => costOf(new AgePolicy({ ms }), price));
    assertLessOrEqual(cost, 1.05 * Math.min(...costs));
  }
});

test("AdaptivePolicy does not wait for callers who all wait already", () => {
  const load = thinkingCallers({ callers: 8, appends: 200 });
  const goal = { perFlush: 1, perRecordMs: 1e-6 };
  const run = simulate(new AdaptivePolicy({ goal }), load, device);
  const least = simulate(new LeaderCommitPolicy(), load, device);
  assertEquals(least.flushes, 200);
  assertLessOrEqual(run.flushes, 210);
  assertLessOrEqual(run.quantileMs(0.9), 1.1 * 10);
});

test("AdaptivePolicy climbs no higher than its ladder", () => {
  const policy = new AdaptivePolicy({ ladder: [3, 6] });
  assertEquals(policy.limits, { records: 6 });
  const loop = thinkingCallers({ callers: 40, appends: 50, thinkMs: 1 });
  const run = simulate(policy, loop, device, {
    onFlush: ({ records }) => assertLessOrEqual(records, 6),
  });
  assertEquals(run.records, 2000);
});

test("AdaptivePolicy() refuses options out of bounds", () => {
  const message = (options: unknown) =>
    assertThrows(() => new AdaptivePolicy(options as { goal: "latency" }))
      .message;
  const rule =
    "Cannot create an AdaptivePolicy because ladder must be an array of " +
    "ascending integers of at least 2: received ";
  assertEquals(message({ ladder: [2, 4, 4] }), rule + "2,4,4");
  assertEquals(message({ ladder: [1] }), rule + "1");
  assertEquals(message({ ladder: [] }), rule);
  assertEquals(message({ ladder: 128 }), rule + "128");
  const goal = (goal: unknown) => message({ goal });
  const action = "Cannot create an AdaptivePolicy";
  assertEquals(
    goal("p99"),
    `${action} because goal must be "latency" or an object: received "p99"`,
  );
  assertEquals(
    goal({ p99Ms: 0 }),
    `${action} because goal.p99Ms must be a finite number above 0: received 0`,
  );
  assertEquals(
    goal({ p99Ms: 9, perFlush: 2 }),
    `${action} with such a goal because there is no option perFlush: the ` +
      "options are p99Ms",
  );
  assertEquals(
    goal({ perFlush: -1, perRecordMs: 1 }),
    `${action} because goal.perFlush must be a finite number of at least 0: ` +
      "received -1",
  );
  assertEquals(
    goal({ perFlush: 1 }),
    `${action} because goal.perRecordMs must be a finite number above 0: ` +
      "received undefined",
  );
  assertEquals(
    message(null),
    "Cannot create an AdaptivePolicy because its options must be an object: " +
      "received null",
  );
});
