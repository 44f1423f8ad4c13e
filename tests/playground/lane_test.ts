import * as fc from "fast-check";
import { CANDIDATES } from "../../playground/candidate.ts";
import { layOutLane } from "../../playground/lane.ts";
import { loadOf } from "../../playground/load_of.ts";
import type { Course } from "../../playground/outcome.ts";
import { recordCourse } from "../../playground/record_course.ts";
import { runCandidate } from "../../playground/run_candidate.ts";
import { INITIAL, withNumber } from "../../playground/settings.ts";
import type { Arrival } from "../../simulator/arrivals.ts";
import type { FlushReport } from "../../policies/batch_policy.ts";
import { constantCosts } from "../../simulator/costs.ts";
import { simulate } from "../../simulator/simulate.ts";
import { AgePolicy } from "../../policies/age_policy.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** Two flushes: of appends at 0, 1 and 2 ms, and of one at 7 ms. */
const course: Course = {
  arrivedAt: Float64Array.of(0, 1, 2, 7),
  end: Float64Array.of(3, 4),
  startedAt: Float64Array.of(2, 7),
  writtenAt: Float64Array.of(3, 7),
  durableAt: Float64Array.of(5, 9),
};

test("layOutLane() says which appends ride in which flush, and where", () => {
  const [first, second, ...more] = layOutLane(
    course,
    { fromMs: 0, toMs: 10 },
    100,
  );
  assertEquals(more, []);
  assertEquals(first, {
    index: 0,
    appends: 3,
    arrivals: [0, 10, 20],
    ...{ oldest: 0, newest: 20, started: 20, written: 30, durable: 50 },
  });
  assertEquals(second.arrivals, [70]);
});

test("layOutLane() leaves out what is before or behind the window", () => {
  const seen = (fromMs: number, toMs: number) =>
    layOutLane(course, { fromMs, toMs }, 100).map(({ index }) => index);
  assertEquals(seen(4, 6), [0]);
  assertEquals(seen(5.5, 6.5), []);
  assertEquals(seen(5.5, 8), [1]);
  assertEquals(seen(0, 7), [0, 1]);
  assertEquals(seen(10, 20), []);
});

test("layOutLane() draws appends of one pixel once, and counts them all", () => {
  const [{ arrivals, appends }] = layOutLane(
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
