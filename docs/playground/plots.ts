/// <reference lib="dom" />
import { formatCount } from "../../cli/io/format.ts";
import type { Look } from "../figures/plot/palette.ts";
import { type Axis, drawPanel } from "../figures/plot/panel.ts";
import { formatMs } from "./format_figures.ts";
import { curveShares, MOST_NINES, type SweepPoint } from "./run_candidate.ts";
import type { METRICS } from "./settings.ts";

/** The height of a plot, in pixels. */
const HEIGHT = 320;

/** A policy's latencies at `curveShares`. */
export interface Curve {
  readonly name: string;
  readonly look: Look;
  readonly appends: number;
  readonly latencies: readonly number[];
}

/** A policy at several loads. */
export interface Sweep {
  readonly name: string;
  readonly look: Look;
  readonly points: readonly SweepPoint[];
}

const LATENCY: Axis = { scale: "log", format: formatTick };

/** Shares of the appends by the nines in them, so each nine has equal room. */
const NINES: Axis = {
  scale: "linear",
  domain: [0, MOST_NINES],
  ticks: [0, 0.5, 0.9, 0.99, 0.999, 0.9999].map(ninesOf),
  format: (nines) => `${Number((100 * (1 - 10 ** -nines)).toFixed(2))} %`,
};

function ninesOf(share: number): number {
  // Without the rounding of `1 - share`, which would put 99.99 % off the axis.
  return Number((-Math.log10(1 - share)).toFixed(9));
}

/** How latencies are distributed, with a symbol at the median. */
export function drawDistribution(
  curves: readonly Curve[],
  width: number,
  document: Document,
): SVGSVGElement {
  const series = curves.map(({ name, look, appends, latencies }) => {
    const shares = curveShares(appends);
    const half = shares.findIndex((share) => share >= 0.5);
    return {
      ...{ name, look },
      points: latencies.map((ms, at) => [ms, ninesOf(shares[at])] as const),
      marks: (index: number) => index === half,
    };
  });
  const x = { ...LATENCY, label: "latency" };
  return drawPanel(
    { x, y: NINES, series },
    { width, height: HEIGHT },
    document,
  );
}

/** Latency against throughput, with a symbol at the load that is set. */
export function drawThroughput(
  sweeps: readonly Sweep[],
  metric: typeof METRICS[number],
  width: number,
  document: Document,
): SVGSVGElement {
  const series = sweeps.map(({ name, look, points }) => ({
    ...{ name, look },
    points: points.map((one) => [one.recordsPerSecond, one[metric]] as const),
    marks: (index: number) => index === points.length >> 1,
  }));
  const x: Axis = { scale: "log", format: formatCount, label: "records/s" };
  return drawPanel(
    { x, y: LATENCY, series },
    { width, height: HEIGHT },
    document,
  );
}

function formatTick(ms: number): string {
  const [digits, unit] = formatMs(ms).split(" ");
  return `${Number(digits)} ${unit}`;
}
