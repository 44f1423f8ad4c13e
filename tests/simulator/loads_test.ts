import {
  type Arrival,
  burstyArrivals,
  onOffArrivals,
  poissonArrivals,
  rampArrivals,
  steadyArrivals,
} from "../../simulator/arrivals.ts";
import { thinkingCallers } from "../../simulator/callers.ts";
import { driftingCosts } from "../../simulator/costs.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const options = { count: 20_000, perSecond: 500, bytes: 33 };

function instants(arrivals: Iterable<Arrival>): number[] {
  return [...arrivals].map(({ at }) => at);
}

/** Asserts that `value` is `expected`, except for a few percent. */
function assertNear(value: number, expected: number): void {
  assertLess(Math.abs(value / expected - 1), 0.05);
}

const loads: [string, (seed: number) => Iterable<Arrival>][] = [
  ["poissonArrivals", (seed) => poissonArrivals({ ...options, seed })],
  ["burstyArrivals", (seed) => burstyArrivals({ ...options, burst: 4, seed })],
  [
    "onOffArrivals",
    (seed) => onOffArrivals({ ...options, perSecond: 1000, seed }),
  ],
];

for (const [name, make] of loads) {
  test(`${name}() gives this many at this rate, the same for a seed`, () => {
    const found = instants(make(5));
    assertEquals(found.length, options.count);
    assertNear(found.length / found.at(-1)!, options.perSecond / 1000);
    assertEquals(found, instants(make(5)));
    assert(found.every((at, index) => index === 0 || at >= found[index - 1]));
    assert(found.at(-1) !== instants(make(6)).at(-1));
  });
}

test("poissonArrivals() leaves gaps that are exponential", () => {
  const found = instants(poissonArrivals(options));
  const gaps = found.slice(1).map((at, index) => at - found[index]);
  const longer = (ms: number) => gaps.filter((gap) => gap > ms).length;
  assertNear(longer(2) / gaps.length, Math.exp(-1));
  assertNear(longer(4) / gaps.length, Math.exp(-2));
});

test("burstyArrivals() lets a burst arrive at once, or within burstMs", () => {
  const burst = { ...options, count: 8, burst: 4 };
  const atOnce = instants(burstyArrivals(burst));
  assertEquals(new Set(atOnce.slice(0, 4)).size, 1);
  assertGreater(atOnce[4], atOnce[3]);
  const spread = instants(burstyArrivals({ ...burst, burstMs: 3 }));
  assertEquals(spread.slice(0, 4), [0, 1, 2, 3]);
});

test("burstyArrivals() of one record are independent, whatever burstMs is", () => {
  const single = { ...options, count: 100, burst: 1 };
  const alone = instants(poissonArrivals({ ...options, count: 100 }));
  for (const burstMs of [0, 1, 1000]) {
    assertEquals(instants(burstyArrivals({ ...single, burstMs })), alone);
  }
});

test("onOffArrivals() has no arrivals while it is off", () => {
  const found = instants(onOffArrivals({ ...options, onMs: 30, offMs: 70 }));
  assert(found.every((at) => at % 100 < 30.001));
});

test("rampArrivals() stays at the rate that it reaches", () => {
  const ramp = { perSecond: 500, toPerSecond: 5000, rampMs: 1000 };
  const found = instants(rampArrivals({ count: 20_000, ...ramp }));
  const within = (from: number, to: number) =>
    found.filter((at) => from <= at && at < to).length / (to - from);
  assertNear(within(1000, 3000), 5);
  assertNear(within(0, 1000), 2.75);
});

test("thinkingCallers() think as long as they should on average", () => {
  const loop = thinkingCallers({ callers: 20, appends: 500, thinkMs: 8 });
  let sum = 0;
  for (let caller = 0; caller < loop.callers; caller++) {
    for (let nth = 0; nth < 500; nth++) sum += loop.next(caller, nth, 0)!.at;
  }
  assertNear(sum / 20 / 500, 8);
  assertEquals(loop.next(0, 500, 0), undefined);
});

test("driftingCosts() spreads log-normally around its course", () => {
  const costs = driftingCosts({ syncMs: 4, spread: 2 });
  const found = Array.from(
    { length: 10_001 },
    (_, nth) => costs.syncMs(0, 0, nth),
  )
    .sort((a, b) => a - b);
  assertNear(found[5000], 4);
  assertNear(found[8413], 8);
  assertEquals(costs.syncMs(17.25, 0, 3), costs.syncMs(18, 9, 3));
});

test("loads and costs refuse options out of bounds", () => {
  const few = { count: 3, perSecond: 10 };
  const refused: [() => unknown, string][] = [
    [() => steadyArrivals({ ...few, count: 0 }), "steadyArrivals count"],
    [() => steadyArrivals({ ...few, perSecond: 0 }), "perSecond"],
    [() => poissonArrivals({ ...few, bytes: -1 }), "poissonArrivals bytes"],
    [() => burstyArrivals({ ...few, burst: 2, burstMs: 201 }), "pauses"],
    [() => onOffArrivals({ ...few, onMs: 0 }), "onOffArrivals onMs"],
    [() => rampArrivals({ ...few, toPerSecond: 0, rampMs: 1 }), "toPerSecond"],
    [() => thinkingCallers({ callers: 0, appends: 1 }), "callers"],
    [() => driftingCosts({ syncMs: 1, spread: 0.9 }), "spread"],
    [() => driftingCosts({ syncMs: 0 }), "driftingCosts syncMs"],
  ];
  for (const [make, part] of refused) assertThrows(make, RangeError, part);
});
