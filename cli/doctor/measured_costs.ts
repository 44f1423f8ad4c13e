import { uniform } from "../../random.ts";
import type { CostModel } from "../../simulator/costs.ts";
import type { Result } from "./measure_trials.ts";
import { PAGE_BYTES } from "./subject.ts";

/**
 * A device that costs what was measured: a flush takes as long as a page took
 * in some run, drawn at random but the same for the same seed and number of the
 * flush, scaled by its size. Write and sync were measured together, so the sync
 * includes both.
 */
export function measuredCosts(
  results: readonly Result[],
  seed: number,
): CostModel {
  const blocking = results.filter(({ trial }) =>
    trial.file === "zeroed" && trial.call === "blocking"
  ).sort((a, b) => a.trial.bytes - b.trial.bytes);
  const page = blocking.find(({ trial }) => trial.bytes === PAGE_BYTES)!.all;
  const medians = blocking.map(({ trial, all }) =>
    [trial.bytes, all.quantile(0.5)] as const
  );
  // On a coarse clock, half of the syncs may seem to take no time.
  const pageMs = Math.max(page.quantile(0.5), 1e-6);
  return {
    writeMs: () => 0,
    syncMs(_at, bytes, nth) {
      const share = uniform(seed, 0, nth);
      return page.quantile(1 - share) * interpolate(medians, bytes) / pageMs;
    },
  };
}

/** Linear between points, constant before them, in proportion to x after. */
function interpolate(
  points: readonly (readonly [x: number, y: number])[],
  x: number,
): number {
  const [firstX, firstY] = points[0];
  if (x <= firstX) return firstY;
  for (let index = 1; index < points.length; index++) {
    const [[x0, y0], [x1, y1]] = [points[index - 1], points[index]];
    if (x <= x1) return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
  }
  const [lastX, lastY] = points.at(-1)!;
  return lastY * x / lastX;
}
