import { drawMarker } from "../cli/lab/draw_marker.ts";
import { type LogScale, logScale } from "../cli/lab/log_scale.ts";
import { element, linePath, textElement } from "../cli/lab/svg_element.ts";
import { formatCount } from "../cli/io/format.ts";
import { formatMs } from "./format_figures.ts";
import { curveShares, MOST_NINES, type SweepPoint } from "./outcome.ts";
import type { METRICS } from "./settings.ts";

/** The height of a plot, in pixels. */
export const PLOT_HEIGHT = 320;

const TOP = 12;
const BOTTOM = PLOT_HEIGHT - 44;
const LEFT = 62;
const RIGHT = 14;
const CURVE_WIDTH = 1.8;

/** A policy's latencies at `curveShares`. */
export interface Curve {
  readonly color: number;
  readonly appends: number;
  readonly latencies: readonly number[];
}

/** A policy at several loads. */
export interface Sweep {
  readonly color: number;
  readonly points: readonly SweepPoint[];
}

/** How latencies are distributed: each nine has the same room. */
export function drawDistribution(
  curves: readonly Curve[],
  width: number,
): string {
  const all = curves.flatMap(({ latencies }) => latencies);
  const latency = logScale(all, LEFT, width - RIGHT);
  const placeOf = (share: number) =>
    BOTTOM + Math.log10(1 - share) / MOST_NINES * (BOTTOM - TOP);
  const shares = [0, 0.5, 0.9, 0.99, 0.999, 0.9999];
  return [
    ...shares.flatMap((share) => {
      const text = `${Number((share * 100).toFixed(2))} %`;
      return drawRow(text, placeOf(share), width);
    }),
    ...drawColumns(latency, formatTick, "latency", width),
    ...drawCurves(curves.map(({ color, appends, latencies }) => {
      const shares = curveShares(appends);
      const points = latencies.map((ms, index) =>
        [latency.at(ms), placeOf(shares[index])] as const
      );
      return { color, d: linePath(points) };
    })),
    ...curves.map(({ color, appends, latencies }) => {
      const half = curveShares(appends).findIndex((share) => share >= 0.5);
      return half < 0 ? "" : drawMarker(
        color,
        latency.at(latencies[half]),
        placeOf(0.5),
      );
    }),
  ].join("");
}

/** Latency against throughput, at loads around the one that is set. */
export function drawThroughput(
  sweeps: readonly Sweep[],
  metric: typeof METRICS[number],
  width: number,
): string {
  const all = sweeps.flatMap(({ points }) => points);
  const rate = logScale(
    all.map(({ recordsPerSecond }) => recordsPerSecond),
    LEFT,
    width - RIGHT,
  );
  const latency = logScale(all.map((point) => point[metric]), BOTTOM, TOP);
  const placeOf = (point: SweepPoint) =>
    [rate.at(point.recordsPerSecond), latency.at(point[metric])] as const;
  return [
    ...latency.ticks.flatMap((tick) =>
      drawRow(formatTick(tick), latency.at(tick), width)
    ),
    ...drawColumns(rate, formatCount, "records/s", width),
    ...drawCurves(sweeps.map(({ color, points }) => {
      return { color, d: linePath(points.map(placeOf)) };
    })),
    // The middle one is the load that is set.
    ...sweeps.map(({ color, points }) =>
      drawMarker(color, ...placeOf(points[points.length >> 1]))
    ),
  ].join("");
}

/** Of curves that coincide each is wider than the next, so that all are seen. */
function drawCurves(
  curves: readonly { readonly color: number; readonly d: string }[],
): string[] {
  return curves.map(({ color, d }, index) => {
    const above = curves.slice(index + 1).filter((other) => other.d === d);
    const width = CURVE_WIDTH + above.length * 2.4;
    return element("path", {
      class: `curve c${color}`,
      d,
      "stroke-width": width,
    });
  });
}

function drawRow(text: string, y: number, width: number): string[] {
  return [
    element("line", {
      x1: LEFT,
      y1: y,
      x2: width - RIGHT,
      y2: y,
      class: "grid",
    }),
    textElement(text, LEFT - 8, y + 4, { class: "tick", "text-anchor": "end" }),
  ];
}

function drawColumns(
  scale: LogScale,
  format: (value: number) => string,
  title: string,
  width: number,
): string[] {
  const look = { class: "tick", "text-anchor": "middle" };
  let right = -Infinity;
  return [
    ...scale.ticks.flatMap((tick) => {
      const x = scale.at(tick);
      const text = format(tick);
      const half = text.length * 3.4;
      const fits = x - half > right + 6 && x + half < width;
      if (fits) right = x + half;
      return [
        element("line", { x1: x, y1: TOP, x2: x, y2: BOTTOM, class: "grid" }),
        fits ? textElement(text, x, BOTTOM + 18, look) : "",
      ];
    }),
    textElement(title, (LEFT + width - RIGHT) / 2, BOTTOM + 38, look),
  ];
}

function formatTick(ms: number): string {
  const [digits, unit] = formatMs(ms).split(" ");
  return `${Number(digits)} ${unit}`;
}
