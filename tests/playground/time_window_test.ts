import { CANDIDATES } from "../../playground/candidate.ts";
import { runCandidate } from "../../playground/run_candidate.ts";
import {
  INITIAL,
  readSettings,
  withNumber,
} from "../../playground/settings.ts";
import { timeTicks } from "../../playground/time_ticks.ts";
import { placeStep, timeWindow } from "../../playground/time_window.ts";
import { layOutLane } from "../../playground/lane.ts";
import { assert, assertEquals, assertLess } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const outcomes = CANDIDATES.map((one) => runCandidate(one, INITIAL));

test("timeWindow() shows some dozens of flushes of the most eager", () => {
  const window = timeWindow(outcomes, INITIAL, 960);
  const seen = outcomes.map(({ course }) =>
    layOutLane(course, window, 960).length
  );
  const most = Math.max(...seen);
  assert(most > 24 && most < 60, `${most} flushes`);
});

test("timeWindow() goes from the run's begin to the first end", () => {
  const first = timeWindow(outcomes, withNumber(INITIAL, "place", 0), 960);
  const last = timeWindow(outcomes, withNumber(INITIAL, "place", 100), 960);
  assertEquals(first.fromMs, 0);
  const endedAt = Math.min(...outcomes.map((one) => one.endedAt));
  assertLess(Math.abs(last.toMs - endedAt), 1e-6);
});

test("timeWindow() shows flushes of each policy, also of callers", () => {
  const settings = readSettings("load=callers&callers=16&think=0.3&sync=3");
  const runs = CANDIDATES.map((one) => runCandidate(one, settings));
  const ends = runs.map(({ endedAt }) => endedAt);
  assert(Math.max(...ends) > 2 * Math.min(...ends));
  for (const place of [0, 50, 100]) {
    const window = timeWindow(runs, withNumber(settings, "place", place), 960);
    for (const { course } of runs) {
      assert(layOutLane(course, window, 960).length > 0);
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

test("placeStep() goes on by the window's width", () => {
  const step = placeStep(outcomes, INITIAL, 960);
  const next = withNumber(INITIAL, "place", 50 + step);
  const { toMs } = timeWindow(outcomes, INITIAL, 960);
  const { fromMs } = timeWindow(outcomes, next, 960);
  assertLess(Math.abs(fromMs - toMs), 1e-6);
});

test("timeTicks() are round, inside, and apart", () => {
  const ticks = timeTicks({ fromMs: 1234.5, toMs: 1241.7 }, 480);
  const texts = ticks.map(({ text }) => text);
  assertEquals(texts, ["1236 ms", "1238 ms", "1240 ms"]);
  const fine = timeTicks({ fromMs: 0.01, toMs: 0.07 }, 300);
  assertEquals(fine.map(({ text }) => text), ["0.02 ms", "0.04 ms", "0.06 ms"]);
  assert(fine.every(({ place }) => place >= 0 && place <= 300));
});
