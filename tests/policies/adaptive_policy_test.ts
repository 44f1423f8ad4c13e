import { AdaptivePolicy } from "../../policies/adaptive_policy.ts";
import { burstyArrivals } from "../../simulator/arrivals.ts";
import { thinkingCallers } from "../../simulator/callers.ts";
import { constantCosts } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import {
  assert,
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

test("AdaptivePolicy lets nobody wait beyond targetLatencyMs", () => {
  const longest = (targetLatencyMs: number) => {
    let waited = 0;
    let busyUntil = 0;
    const policy = new AdaptivePolicy({ targetLatencyMs });
    simulate(policy, spreadBursts, device, {
      onFlush({ startedAt, oldestAt, endedAt }) {
        waited = Math.max(waited, startedAt - Math.max(oldestAt, busyUntil));
        busyUntil = endedAt;
      },
    });
    return waited;
  };
  assert(longest(50) > 1.9);
  assert(longest(11) > 0.9 && longest(11) <= 1 + 1e-9);
  assertEquals([longest(10), longest(3)], [0, 0]);
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
    assertThrows(() =>
      new AdaptivePolicy(options as { targetLatencyMs: number })
    ).message;
  const rule =
    "Cannot create an AdaptivePolicy because ladder must be an array of " +
    "ascending integers of at least 2: received ";
  assertEquals(message({ ladder: [2, 4, 4] }), rule + "2,4,4");
  assertEquals(message({ ladder: [1] }), rule + "1");
  assertEquals(message({ ladder: [] }), rule);
  assertEquals(message({ ladder: 128 }), rule + "128");
  assertEquals(
    message({ targetLatencyMs: -1 }),
    "Cannot create an AdaptivePolicy because targetLatencyMs must be a finite number " +
      "of at least 0: received -1",
  );
  assertEquals(
    message(null),
    "Cannot create an AdaptivePolicy because its options must be an object: " +
      "received null",
  );
});
