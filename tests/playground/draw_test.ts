import * as fc from "fast-check";
import { CANDIDATES, colorOf } from "../../playground/candidate.ts";
import {
  drawDistribution,
  drawThroughput,
} from "../../playground/draw_plot.ts";
import { drawTimeLine } from "../../playground/draw_time_line.ts";
import { fieldOf, type NumberName } from "../../playground/number_field.ts";
import type { Course } from "../../playground/outcome.ts";
import { runAtFactor, runCandidate } from "../../playground/run_candidate.ts";
import { type Settings, withNumber } from "../../playground/settings.ts";
import { timeWindow } from "../../playground/time_window.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { someSettings } from "../kit/some_settings.ts";

const WIDTH = 640;

/** Draws all that a page with these settings shows. */
function drawAll(settings: Settings): string {
  const few = withNumber(settings, "appends", 1000);
  const outcomes = CANDIDATES.map((one) => runCandidate(one, few));
  const lanes = outcomes.map(({ id, course }) => {
    return { label: id, color: colorOf(id), course };
  });
  const curves = outcomes.map(({ id, appends, curve }) => {
    return { color: colorOf(id), appends, latencies: curve };
  });
  const sweeps = CANDIDATES.map((one) => {
    const factors = [0.02, 1, 60];
    const points = factors.map((factor) => runAtFactor(one, few, factor, 200));
    return { color: colorOf(one.id), points };
  });
  return [
    drawTimeLine(lanes, timeWindow(outcomes, few, WIDTH), WIDTH),
    drawDistribution(curves, WIDTH),
    drawThroughput(sweeps, few.metric, WIDTH),
  ].join("\n");
}

test("whatever is set, each place in the plots is a number", () => {
  fc.assert(
    fc.property(someSettings, (settings) => {
      const drawn = drawAll(settings);
      assert(!/NaN|Infinity|undefined|e[+-]\d/.test(drawn));
      assertEquals(drawn.match(/<g /g)?.length, CANDIDATES.length);
    }),
    { numRuns: 40 },
  );
});

for (const end of ["least", "most"] as const) {
  test(`plots can be drawn where everything is at its ${end}`, () => {
    const [settings] = fc.sample(someSettings, { numRuns: 1, seed: 1 });
    const names = Object.keys(settings.numbers) as NumberName[];
    const extreme = names.reduce(
      (some, name) => withNumber(some, name, fieldOf(name)[end]),
      settings,
    );
    for (const load of ["rate", "callers"] as const) {
      assert(!/NaN|Infinity/.test(drawAll({ ...extreme, load })));
    }
  });
}

test("drawTimeLine() tells flushes that follow on one another apart", () => {
  const course: Course = {
    arrivedAt: Float64Array.of(0, 1, 4),
    end: Float64Array.of(2, 3),
    startedAt: Float64Array.of(1, 6),
    writtenAt: Float64Array.of(2, 6),
    durableAt: Float64Array.of(6, 9),
  };
  const lane = { label: "a & b", color: 1, course };
  const drawn = drawTimeLine([lane], { fromMs: 0, toMs: 10 }, 100);
  const d = (name: string) =>
    new RegExp(`class="${name}" d="([^"]*)"`).exec(drawn)?.[1];
  assertEquals(d("arrivals p0"), "M0 22V31M10 22V31");
  assertEquals(d("arrivals p1"), "M40 22V31");
  assertEquals(d("writes p0"), "M10 46H20V57H10Z");
  assertEquals(d("syncs p0"), "M20 46H60V57H20Z");
  assertEquals(d("syncs p1"), "M60 46H90V57H60Z");
  assertEquals(d("rides p1"), "M39.5 31H40.5L90 46H60Z");
  assert(drawn.includes("a &amp; b"));
});
