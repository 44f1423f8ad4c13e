import * as fc from "fast-check";
import { newDocument, toText } from "../../../docs/figures/plot/figure.ts";
import { drawLanes } from "../../../docs/figures/plot/lanes.ts";
import { CANDIDATES, lookOf } from "../../../docs/playground/candidate.ts";
import {
  fieldOf,
  type NumberName,
} from "../../../docs/playground/number_field.ts";
import {
  drawDistribution,
  drawThroughput,
} from "../../../docs/playground/plots.ts";
import {
  runAtFactor,
  runCandidate,
} from "../../../docs/playground/run_candidate.ts";
import {
  type Settings,
  withNumber,
} from "../../../docs/playground/settings.ts";
import {
  flushesWithin,
  timeWindow,
} from "../../../docs/playground/time_line.ts";
import { assert } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { someSettings } from "../../kit/some_settings.ts";

const WIDTH = 640;

/** Draws all that a page with these settings shows. */
function drawAll(settings: Settings): string {
  const few = withNumber(settings, "appends", 1000);
  const outcomes = CANDIDATES.map((one) => runCandidate(one, few));
  const window = timeWindow(outcomes, few, WIDTH);
  const lanes = outcomes.map(({ id, course }) => ({
    ...{ label: id, look: lookOf(id) },
    flushes: flushesWithin(course, window, WIDTH),
  }));
  const curves = outcomes.map(({ id, appends, curve }) => {
    return { name: id, look: lookOf(id), appends, latencies: curve };
  });
  const sweeps = CANDIDATES.map((one) => {
    const factors = [0.02, 1, 60];
    const points = factors.map((factor) => runAtFactor(one, few, factor, 200));
    return { name: one.id, look: one.look, points };
  });
  const document = newDocument();
  return [
    drawLanes(lanes, window, WIDTH, document),
    drawDistribution(curves, WIDTH, document),
    drawThroughput(sweeps, few.metric, WIDTH, document),
  ].map(toText).join("\n");
}

test("whatever is set, each place in the plots is a number", () => {
  fc.assert(
    fc.property(someSettings, (settings) => {
      const drawn = drawAll(settings);
      // The library marks a plot that it warns about.
      assert(!/NaN|Infinity|undefined|\u26a0/.test(drawn));
      for (const { id } of CANDIDATES) assert(drawn.includes(`>${id}<`));
    }),
    { numRuns: 20 },
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
      assert(!/NaN|Infinity|\u26a0/.test(drawAll({ ...extreme, load })));
    }
  });
}
