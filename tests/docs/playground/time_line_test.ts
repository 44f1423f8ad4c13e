import * as fc from "fast-check";
import { CANDIDATES } from "../../../docs/playground/candidate.ts";
import {
  type CountedFlush,
  countedIn,
  type Course,
  loadOf,
  recordCourse,
  runCandidate,
} from "../../../docs/playground/run_candidate.ts";
import {
  INITIAL,
  readSettings,
  withNumber,
} from "../../../docs/playground/settings.ts";
import { instantAt } from "../../../docs/figures/plot/time_span.ts";
import {
  flushesWithin,
  placeStep,
  timeWindow,
} from "../../../docs/playground/time_line.ts";
import { AgePolicy } from "../../../policies/age_policy.ts";
import type { Arrival } from "../../../simulator/arrivals.ts";
import { constantCosts } from "../../../simulator/costs.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { assert, assertEquals, assertLess } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/** Two flushes: of appends at 0, 1 and 2 ms, and of one at 7 ms. */
const course: Course = {
  arrivedAt: Float64Array.of(0, 1, 2, 7),
  end: Float64Array.of(3, 4),
  startedAt: Float64Array.of(2, 7),
  writtenAt: Float64Array.of(3, 7),
  endedAt: Float64Array.of(5, 9),
};

test("flushesWithin() says which appends ride in which flush, and when", () => {
  const [first, second, ...more] = flushesWithin(
    course,
    { fromMs: 0, toMs: 10 },
    100,
  );
  assertEquals(more, []);
  assertEquals(first, {
    index: 0,
    appends: 3,
    arrivals: [0, 1, 2],
    ...{ oldest: 0, newest: 2, started: 2, written: 3, durable: 5 },
  });
  assertEquals(second.arrivals, [7]);
});

test("flushesWithin() leaves out what is before or after the window", () => {
  const seen = (fromMs: number, toMs: number) =>
    flushesWithin(course, { fromMs, toMs }, 100).map(({ index }) => index);
  assertEquals(seen(4, 6), [0]);
  assertEquals(seen(5.5, 6.5), []);
  assertEquals(seen(5.5, 8), [1]);
  assertEquals(seen(0, 7), [0, 1]);
  assertEquals(seen(10, 20), []);
});

test("flushesWithin() draws appends of one pixel once, and counts them all", () => {
  const [{ arrivals, appends }] = flushesWithin(
    course,
    { fromMs: 0, toMs: 1000 },
    100,
  );
  assertEquals([arrivals, appends], [[0], 3]);
});

test("a course has each append of the load once, in the flush it was in", () => {
  const settings = withNumber(INITIAL, "appends", 1000);
  const load = [...loadOf(settings) as Iterable<Arrival>];
  const chosen = fc.constantFrom(...CANDIDATES);
  fc.assert(fc.property(chosen, (candidate) => {
    const { course, appends } = runCandidate(candidate, settings);
    assertEquals([appends, course.end.at(-1)], [1000, 1000]);
    for (const [index, { at }] of load.entries()) {
      assert(Math.abs(course.arrivedAt[index] - at) < 1e-6);
    }
    for (const [index, startedAt] of course.startedAt.entries()) {
      assert(course.arrivedAt[course.end[index] - 1] <= startedAt + 1e-6);
    }
  }));
});

test("a course counts an append of several records once", () => {
  const arrivals = [
    { at: 0, bytes: 10, records: 3 },
    { at: 1, bytes: 10 },
    { at: 9, bytes: 10, records: 2 },
  ];
  const counted: CountedFlush[] = [];
  const costs = constantCosts({ syncMs: 1 });
  const run = simulate(new AgePolicy({ ms: 2 }), arrivals, costs, {
    onFlush: (flush, appends) => void counted.push({ flush, appends }),
  });
  const { end, arrivedAt } = recordCourse(counted, run);
  assertEquals([[...end], [...arrivedAt]], [[2, 3], [0, 1, 9]]);
  const flushes = counted.map(({ flush }) => flush);
  assertEquals(countedIn({ arrivals, flushes }), counted);
});

const outcomes = CANDIDATES.map((one) => runCandidate(one, INITIAL));

test("timeWindow() shows a few dozen flushes of the most eager", () => {
  const window = timeWindow(outcomes, INITIAL, 960);
  const seen = outcomes.map(({ course }) =>
    flushesWithin(course, window, 960).length
  );
  const most = Math.max(...seen);
  assert(most > 24 && most < 60, `${most} flushes`);
});

test("timeWindow() goes from the run's beginning to the first end", () => {
  const first = timeWindow(outcomes, withNumber(INITIAL, "place", 0), 960);
  const last = timeWindow(outcomes, withNumber(INITIAL, "place", 100), 960);
  assertEquals(first.fromMs, 0);
  const endedAt = Math.min(...outcomes.map((one) => one.endedAt));
  assertLess(Math.abs(instantAt(last, last.toMs) - endedAt), 1e-6);
});

test("timeWindow() shows flushes of each policy, even of callers", () => {
  const settings = readSettings("load=callers&callers=16&think=0.3&sync=3");
  const runs = CANDIDATES.map((one) => runCandidate(one, settings));
  const ends = runs.map(({ endedAt }) => endedAt);
  assert(Math.max(...ends) > 2 * Math.min(...ends));
  for (const place of [0, 50, 100]) {
    const window = timeWindow(runs, withNumber(settings, "place", place), 960);
    for (const { course } of runs) {
      assert(flushesWithin(course, window, 960).length > 0);
    }
  }
});

test("timeWindow() is never longer than the run", () => {
  const wide = withNumber(INITIAL, "zoom", 0.125);
  const short = withNumber(wide, "appends", 1000);
  const few = [runCandidate(CANDIDATES[0], short)];
  const span = timeWindow(few, short, 100_000);
  assertEquals(span.fromMs, few[0].startedAt);
  assertLess(Math.abs(instantAt(span, span.toMs) - few[0].endedAt), 1e-6);
  assertEquals(placeStep(few, short, 100_000), 100);
});

test("placeStep() moves on by the window's width", () => {
  const step = placeStep(outcomes, INITIAL, 960);
  const next = withNumber(INITIAL, "place", 50 + step);
  const span = timeWindow(outcomes, INITIAL, 960);
  const { fromMs } = timeWindow(outcomes, next, 960);
  assertLess(Math.abs(fromMs - instantAt(span, span.toMs)), 1e-6);
});

/** How wide the flushes are drawn, in pixels, of the policy that makes most. */
function widthsOf(hash: string): number[] {
  const settings = readSettings(hash);
  const runs = CANDIDATES.map((one) => runCandidate(one, settings));
  const span = timeWindow(runs, settings, 960);
  const pixels = 960 / (span.toMs - span.fromMs);
  const seen = runs.map(({ course }) => flushesWithin(course, span, 960));
  const most = seen.reduce((a, b) => b.length > a.length ? b : a);
  return most.map(({ started, durable }) => (durable - started) * pixels);
}

for (
  const [load, hash] of [
    ["a trickle", "rate=2&burst=1&sync=2&appends=1000"],
    ["rare bursts", "rate=100&burst=100&burstMs=2&sync=4&appends=4000"],
    ["a lone caller who thinks", "load=callers&callers=1&think=400&sync=0.2"],
    ["a flood", "rate=50000&burst=1&sync=2"],
  ]
) {
  test(`timeWindow() shows flushes that can be seen: ${load}`, () => {
    const widths = widthsOf(`${hash}&spread=1`);
    assert(widths.length > 1, `${widths.length} flushes`);
    // Those at an edge may be cut off.
    const within = widths.slice(1, -1);
    assert(Math.min(...within) > 8, `${Math.min(...within)} pixels`);
  });
}

test("timeWindow() cuts out only time in which no policy is busy", () => {
  const settings = readSettings("rate=100&burst=50&sync=4&appends=2000");
  const runs = CANDIDATES.map((one) => runCandidate(one, settings));
  for (const place of [0, 21, 50, 100]) {
    const placed = withNumber(settings, "place", place);
    const span = timeWindow(runs, placed, 960);
    const cuts = span.cuts!.map(({ fromMs, toMs }) =>
      [fromMs, toMs].map((at) => instantAt(span, at))
    );
    assert(cuts.length > 0);
    for (const { course } of runs) {
      for (const [index, endedAt] of course.endedAt.entries()) {
        const first = index === 0 ? 0 : course.end[index - 1];
        for (const [from, to] of cuts) {
          const isApart = endedAt <= from + 1e-6 ||
            course.arrivedAt[first] >= to - 1e-6;
          assert(isApart, `${from} to ${to}, flush until ${endedAt}`);
        }
      }
    }
  }
});
