import { formatCount, formatDuration } from "../io/format.ts";
import type { Contender } from "./candidates.ts";
import { type LogScale, logScale } from "./log_scale.ts";
import { COLORS, PLOT_STYLE } from "./plot_style.ts";
import { drawMarker } from "./draw_marker.ts";
import {
  type Attributes,
  element,
  linePath,
  textElement,
} from "./svg_element.ts";

/*
 * Why by hand: the command line has no dependencies, and a chart of points and
 * lines on logarithmic axes is a hundred lines. A library would bring a DOM, or
 * megabytes, for what is drawn here once.
 */

const WIDTH = 1000;
const TOP = 92;
const BOTTOM = 400;
const LEFT = { from: 74, to: 484 };
const RIGHT = { from: 574, to: 976 };
const LEGEND_COLUMNS = 3;
const LEGEND_STEP = 24;

/** The highest quantile of the curves: 99.99 %. */
const MOST_NINES = 4;

/**
 * A plot as SVG: to the left latencies against flushes a second, to the right
 * how the latencies are distributed. It suits a light and a dark ground.
 */
export function drawLab(
  contenders: readonly Contender[],
  subtitle: string,
): string {
  const shown = contenders.filter(({ run }) => run.flushes > 0);
  const latency = logScale(
    shown.flatMap(({ run }) => [run.quantileMs(0.5), run.quantileMs(0.999)]),
    BOTTOM,
    TOP,
  );
  const rows = Math.ceil(shown.length / LEGEND_COLUMNS);
  const height = BOTTOM + 76 + rows * LEGEND_STEP;
  const size = { width: WIDTH, height };
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      ...size,
      role: "img",
      "aria-label": "Latency of each policy against its flushes a second",
    },
    element("style", {}, PLOT_STYLE),
    element("rect", { ...size, class: "ground" }),
    textElement("Latency by policy", 24, 32, { class: "title" }),
    textElement(`Costs: ${subtitle}`, 24, 52, { class: "faint" }),
    ...drawFlushes(shown, latency),
    ...drawDistribution(shown),
    ...drawLegend(shown),
  ) + "\n";
}

/** From the median, by p99, to p99.9, at what the policy flushes. */
function drawFlushes(
  contenders: readonly Contender[],
  latency: LogScale,
): string[] {
  const rates = contenders.map(({ run }) => run.flushesPerSecond);
  const flushes = logScale(rates, LEFT.from, LEFT.to);
  return [
    heading("p50, p99 and p99.9 against flushes/s", LEFT.from),
    ...latency.ticks.flatMap((tick) => [
      gridLine(LEFT.from, latency.at(tick), LEFT.to, latency.at(tick)),
      label(formatTick(tick), LEFT.from - 8, latency.at(tick) + 4, "end"),
    ]),
    ...flushes.ticks.flatMap((tick) => [
      gridLine(flushes.at(tick), TOP, flushes.at(tick), BOTTOM),
      label(formatRate(tick), flushes.at(tick), BOTTOM + 18, "middle"),
    ]),
    label("flushes/s", (LEFT.from + LEFT.to) / 2, BOTTOM + 38, "middle"),
    ...contenders.flatMap(({ run }, index) => {
      const x = flushes.at(run.flushesPerSecond);
      const [p50, p99, p999] = [0.5, 0.99, 0.999]
        .map((share) => latency.at(run.quantileMs(share)));
      const stroke = { class: `s${index % COLORS}` };
      return [
        element("line", { x1: x, y1: p50, x2: x, y2: p999, ...stroke }),
        element("line", { x1: x - 7, y1: p99, x2: x + 7, y2: p99, ...stroke }),
        element("line", {
          x1: x - 4,
          y1: p999,
          x2: x + 4,
          y2: p999,
          ...stroke,
        }),
        drawMarker(index, x, p50),
      ];
    }),
  ];
}

/** The share that is faster, with equal room for each nine. */
function drawDistribution(contenders: readonly Contender[]): string[] {
  const latency = logScale(
    contenders.flatMap((
      { run },
    ) => [run.quantileMs(0), run.quantileMs(0.9999)]),
    RIGHT.from,
    RIGHT.to,
  );
  const nines = (count: number) => BOTTOM - count / MOST_NINES * (BOTTOM - TOP);
  const shares = [0, 0.5, 0.9, 0.99, 0.999, 0.9999];
  return [
    heading("share of the appends that are faster", RIGHT.from),
    ...shares.flatMap((share) => {
      const y = nines(-Math.log10(1 - share));
      const text = `${Number((share * 100).toFixed(2))} %`;
      return [
        gridLine(RIGHT.from, y, RIGHT.to, y),
        label(text, RIGHT.from - 8, y + 4, "end"),
      ];
    }),
    ...latency.ticks.flatMap((tick) => [
      gridLine(latency.at(tick), TOP, latency.at(tick), BOTTOM),
      label(formatTick(tick), latency.at(tick), BOTTOM + 18, "middle"),
    ]),
    label("latency", (RIGHT.from + RIGHT.to) / 2, BOTTOM + 38, "middle"),
    ...contenders.map(({ run }, index) => {
      const most = Math.min(MOST_NINES, Math.log10(run.latencies.length));
      const points: [number, number][] = [];
      for (let step = 0; step <= 100; step++) {
        const count = step / 100 * most;
        const ms = run.quantileMs(1 - 10 ** -count);
        points.push([latency.at(ms), nines(count)]);
      }
      const dashes: Attributes = index < COLORS
        ? {}
        : { "stroke-dasharray": "6 3" };
      const d = linePath(points);
      return element("path", { d, class: `s${index % COLORS}`, ...dashes });
    }),
  ];
}

function drawLegend(contenders: readonly Contender[]): string[] {
  return contenders.flatMap(({ name, run }, index) => {
    const x = 30 + (index % LEGEND_COLUMNS) * 324;
    const row = Math.floor(index / LEGEND_COLUMNS);
    const y = BOTTOM + 72 + row * LEGEND_STEP;
    const p99 = `p99 ${formatDuration(run.quantileMs(0.99))}`;
    return [
      drawMarker(index, x, y - 4),
      textElement(`${name}, ${p99}`, x + 14, y),
    ];
  });
}

function heading(text: string, x: number): string {
  return textElement(text, x, TOP - 14, { class: "small" });
}

function label(
  text: string,
  x: number,
  y: number,
  anchor: "end" | "middle",
): string {
  const look = { class: "small faint", "text-anchor": anchor };
  return textElement(text, x, y, look);
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  return element("line", { x1, y1, x2, y2, class: "grid" });
}

function formatTick(ms: number): string {
  const [digits, unit] = formatDuration(ms).split(" ");
  return `${Number(digits)} ${unit}`;
}

function formatRate(perSecond: number): string {
  return perSecond < 10 ? String(perSecond) : formatCount(perSecond);
}
