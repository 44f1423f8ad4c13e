import * as fc from "fast-check";
import { CANDIDATES } from "../../../docs/playground/candidate.ts";
import {
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
import {
  flushesWithin,
  placeStep,
  timeWindow,
} from "../../../docs/playground/time_line.ts";
import { AgePolicy } from "../../../policies/age_policy.ts";
import type { FlushReport } from "../../../policies/batch_policy.ts";
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

test("recordCourse() counts an append of several records once", () => {
  const arrivals = [
    { at: 0, bytes: 10, records: 3 },
    { at: 1, bytes: 10 },
    { at: 9, bytes: 10, records: 2 },
  ];
  const flushes: FlushReport[] = [];
  const onFlush = (flush: FlushReport) => void flushes.push(flush);
  const costs = constantCosts({ syncMs: 1 });
  const run = simulate(new AgePolicy({ ms: 2 }), arrivals, costs, { onFlush });
  const { end, arrivedAt } = recordCourse(flushes, run, arrivals);
  assertEquals([[...end], [...arrivedAt]], [[2, 3], [0, 1, 9]]);
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
  assertLess(Math.abs(last.toMs - endedAt), 1e-6);
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
  const { fromMs, toMs } = timeWindow(few, short, 100_000);
  assertEquals([fromMs, toMs], [few[0].startedAt, few[0].endedAt]);
  assertEquals(placeStep(few, short, 100_000), 100);
});

test("placeStep() moves on by the window's width", () => {
  const step = placeStep(outcomes, INITIAL, 960);
  const next = withNumber(INITIAL, "place", 50 + step);
  const { toMs } = timeWindow(outcomes, INITIAL, 960);
  const { fromMs } = timeWindow(outcomes, next, 960);
  assertLess(Math.abs(fromMs - toMs), 1e-6);
});
