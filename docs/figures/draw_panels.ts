import { drawMarker } from "../../cli/lab/draw_marker.ts";
import { type LogScale, logScale } from "../../cli/lab/log_scale.ts";
import { element, linePath, textElement } from "../../cli/lab/svg_element.ts";
import { drawFrame } from "./draw_frame.ts";
import { type Look, LOOKS } from "./roster.ts";

/** A policy's line. */
export interface Series {
  readonly name: string;
  readonly look: Look;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Whether it ends as there is nothing to show beyond. */
  readonly breaksOff: boolean;
}

/** Lines on axes. */
export interface Panel {
  readonly title: string;
  /** What the horizontal axis shows. */
  readonly x: string;
  /** The vertical axis: logarithmic, or from 0 to 100. */
  readonly scale: "log" | "percent";
  readonly series: readonly Series[];
}

/** Panels in rows and columns, which show the same policies. */
export interface Panels {
  readonly title: string;
  readonly subtitle: string;
  /** What it is, for who does not see it. */
  readonly label: string;
  readonly rows: readonly (readonly Panel[])[];
}

/*
 * Why not by Vega-Lite, as the benchmarks draw: it comes with packages of 80 MB
 * that neither `npm ci` nor CI installs, so no test could hold the plots to the
 * simulator. The lab's scales, marks and colours are there anyway.
 */

const TOP = 104;
const PANEL_HEIGHT = 230;
const ROW_HEIGHT = PANEL_HEIGHT + 88;
const COLUMNS = [{ from: 62, to: 488 }, { from: 556, to: 982 }];
const LEGEND_COLUMNS = 4;
const LEGEND_STEP = 24;

/** Each policy has its mark at every so many points, each at others. */
const MARKS_EVERY = 8;

/** Lines that often lie upon each other come last and take turns. */
const DASHES: ReadonlyMap<Look, string> = new Map([
  [LOOKS.leader, ""],
  [LOOKS.count, "0 4 4 4"],
  [LOOKS.bytes, "0 8 4 0"],
]);

/** Draws panels with one legend for all. */
export function drawPanels({ rows, ...about }: Panels): string {
  const legendAt = TOP + rows.length * ROW_HEIGHT - 24;
  const [[{ series }]] = rows;
  const legendRows = Math.ceil(series.length / LEGEND_COLUMNS);
  return drawFrame(
    about,
    legendAt + legendRows * LEGEND_STEP,
    ...rows.flatMap((panels, row) =>
      panels.flatMap((panel, column) =>
        drawPanel(panel, COLUMNS[column], TOP + row * ROW_HEIGHT)
      )
    ),
    ...drawLegend(series, legendAt),
  );
}

function drawPanel(
  { title, x: xTitle, scale, series }: Panel,
  { from, to }: { from: number; to: number },
  top: number,
): string[] {
  const bottom = top + PANEL_HEIGHT;
  const points = series.flatMap((one) => one.points);
  const x = logScale(points.map(([value]) => value), from, to);
  const y = scale === "log"
    ? logScale(points.map(([, value]) => value), bottom, top)
    : percentScale(bottom, top);
  const placed = series.map((one) => ({
    ...one,
    points: one.points.map(([x1, y1]) => [x.at(x1), y.at(y1)] as const),
  })).sort((a, b) => turnOf(a) - turnOf(b));
  return [
    textElement(title, from, top - 12),
    ...y.ticks.flatMap((tick) => [
      line(from, y.at(tick), to, y.at(tick), "grid"),
      tickText(tick, from - 8, y.at(tick) + 4, "end"),
    ]),
    ...x.ticks.flatMap((tick) => [
      line(x.at(tick), top, x.at(tick), bottom, "grid"),
      tickText(tick, x.at(tick), bottom + 18, "middle"),
    ]),
    textElement(xTitle, (from + to) / 2, bottom + 36, {
      class: "faint",
      "text-anchor": "middle",
    }),
    ...placed.flatMap(drawSeries),
    ...placed.filter(({ breaksOff }) => breaksOff).map(drawEnd),
  ];
}

function turnOf({ look }: Series): number {
  return [...DASHES.keys()].indexOf(look);
}

function drawSeries({ look, points }: Series): string[] {
  const dashes = DASHES.get(look) ?? "";
  const line = element("path", {
    d: linePath(points),
    class: `s${look}`,
    ...(dashes !== "" && { "stroke-dasharray": dashes }),
  });
  const marked = points.filter((_, nth) => (nth + look) % MARKS_EVERY === 0);
  return [line, ...marked.map(([x, y]) => drawMarker(look, x, y))];
}

/** A cross at a line's last point. */
function drawEnd({ look, points }: Series): string {
  const [x, y] = points[points.length - 1];
  const d = linePath([[x - 5, y - 5], [x + 5, y + 5]]) +
    linePath([[x - 5, y + 5], [x + 5, y - 5]]);
  return element("path", { d, class: `s${look}`, "stroke-width": 2.5 });
}

function drawLegend(series: readonly Series[], top: number): string[] {
  return series.flatMap(({ name, look }, index) => {
    const x = 30 + (index % LEGEND_COLUMNS) * 240;
    const y = top + Math.floor(index / LEGEND_COLUMNS) * LEGEND_STEP;
    return [drawMarker(look, x, y - 4), textElement(name, x + 14, y)];
  });
}

function percentScale(bottom: number, top: number): LogScale {
  return {
    at: (percent) => bottom - percent / 105 * (bottom - top),
    ticks: [0, 25, 50, 75, 100],
  };
}

function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  className: string,
): string {
  return element("line", { x1, y1, x2, y2, class: className });
}

function tickText(
  value: number,
  x: number,
  y: number,
  anchor: "end" | "middle",
): string {
  const text = value >= 1e6
    ? `${value / 1e6}M`
    : value >= 1000
    ? `${value / 1000}k`
    : String(value);
  const look = { class: "faint", "text-anchor": anchor };
  return textElement(text, x, y, look);
}
