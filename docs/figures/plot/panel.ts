/// <reference lib="dom" />
import {
  axisX,
  axisY,
  dot,
  gridX,
  gridY,
  line,
  type Markish,
  plot,
  text,
} from "@observablehq/plot";
import { colorOf, type Look, symbolOf } from "./palette.ts";

/** An axis of a panel. */
export interface Axis {
  readonly label?: string;
  readonly scale: "log" | "linear";
  /** The ends of the axis, the first one at the left or at the bottom. */
  readonly domain?: readonly [number, number];
  /** Where labels stand; round numbers by default. */
  readonly ticks?: readonly number[];
  /** Where grid lines run; through the ticks by default. */
  readonly grid?: readonly number[];
  readonly format?: (value: number) => string;
}

/** A place in a panel, in the units of its axes. */
export type Point = readonly [x: number, y: number];

/** A line, its symbols, or both. */
export interface Series {
  readonly name: string;
  readonly look: Look;
  readonly points: readonly Point[];
  /** Whether the points are joined by a line, as they are by default. */
  readonly joined?: boolean;
  /** Which points have a symbol; none by default. */
  readonly marks?: (index: number) => boolean;
  /** Which symbols are outlines only; none by default. */
  readonly hollow?: (index: number) => boolean;
  /** Whether a cross at its last point says that it goes no further. */
  readonly breaksOff?: boolean;
}

/** Series on a pair of axes. */
export interface Panel {
  readonly title?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Room for the labels of the vertical axis, in pixels. */
  readonly marginLeft?: number;
}

/** The size of a drawing, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const MARGIN = { right: 16, bottom: 46, left: 60 };
const RADIUS = 4.2;
const LINE_WIDTH = 1.8;

/** How much wider each of several coinciding lines is, in pixels. */
const WIDER = 2.4;

/** Room that a label needs along its axis, in pixels. */
const ROOM = { x: 50, y: 24 };

/**
 * Draws a panel with elements of `document`: the page's, or one that exists
 * only to be written out.
 */
export function drawPanel(
  { title, series, marginLeft = MARGIN.left, ...axes }: Panel,
  { width, height }: Size,
  document: Document,
): SVGSVGElement {
  const top = title === undefined ? 12 : 30;
  const points = series.flatMap((one) => one.points);
  const x = complete(axes.x, points.map(([value]) => value), {
    pixels: width - marginLeft - MARGIN.right,
    room: ROOM.x,
  });
  const y = complete(axes.y, points.map(([, value]) => value), {
    pixels: height - top - MARGIN.bottom,
    room: ROOM.y,
  });
  const order = ({ look }: Series) => Number(look.isAbove ?? false);
  const within = series.map((one) => ({
    ...one,
    points: one.points.map(([px, py]) => [x.clamp(px), y.clamp(py)] as const),
  })).sort((one, other) => order(one) - order(other));
  const ticks = {
    labelArrow: "none",
    color: "var(--faint)",
    tickSize: 0,
  } as const;
  const grid = { stroke: "var(--grid)", strokeOpacity: 1 };
  return toDrawing(plot({
    document,
    width,
    height,
    marginTop: top,
    marginRight: MARGIN.right,
    marginBottom: MARGIN.bottom,
    marginLeft,
    x: { type: x.scale, domain: x.domain, label: null },
    y: { type: y.scale, domain: y.domain, label: null },
    marks: [
      gridX({ ...grid, ticks: x.grid ?? x.at }),
      gridY({ ...grid, ticks: y.grid ?? y.at }),
      axisX({
        ...ticks,
        ticks: x.at,
        text: x.format,
        label: x.label ?? null,
        labelAnchor: "center",
        labelOffset: 40,
      }),
      axisY({ ...ticks, ticks: y.at, text: y.format, label: null }),
      title === undefined ? null : text([title], {
        ...{ frameAnchor: "top-left", dy: -22, fontWeight: 600 },
      }),
      ...within.map((one, index) => lineOf(one, within.slice(index + 1))),
      ...within.flatMap(symbolsOf),
    ],
  }));
}

function lineOf(
  { points, look, joined = true }: Series,
  above: readonly Series[],
): Markish {
  if (!joined) return null;
  const path = String(points);
  const same =
    above.filter((other) =>
      other.look.dash === undefined && String(other.points) === path
    ).length;
  return line(points, {
    stroke: colorOf(look),
    strokeWidth: (look.width ?? LINE_WIDTH) + same * WIDER,
    ...(look.dash !== undefined && {
      strokeDasharray: look.dash,
      // Round ends would close the gaps of a wide line.
      strokeLinecap: "butt",
    }),
  });
}

function symbolsOf(
  { points, look, marks, hollow, breaksOff }: Series,
): Markish[] {
  const color = colorOf(look);
  const chosen = (isHollow: boolean) =>
    points.filter((_, index) =>
      marks?.(index) && (hollow?.(index) ?? false) === isHollow
    );
  const common = { ...symbolOf(look), r: RADIUS };
  return [
    dot(chosen(false), { ...common, fill: color }),
    dot(chosen(true), { ...common, fill: "var(--paper)", stroke: color }),
    breaksOff
      ? dot(points.slice(-1), {
        ...{ symbol: "times", r: 6, stroke: color, strokeWidth: 2.5 },
      })
      : null,
  ];
}

/** The symbol of a look by itself, to put next to a name. */
export function drawSymbol(look: Look, document: Document): SVGSVGElement {
  const size = 14;
  return toDrawing(plot({
    document,
    ...{ width: size, height: size, margin: 0, axis: null },
    marks: [
      dot([0], {
        ...symbolOf(look),
        ...{ r: RADIUS, fill: colorOf(look), frameAnchor: "middle" },
      }),
    ],
  }));
}

/** Names of series with their lines and symbols, in columns. */
export function drawLegend(
  series: readonly Series[],
  width: number,
  document: Document,
): SVGSVGElement {
  const longest = Math.max(...series.map(({ name }) => name.length));
  const columns = Math.max(1, Math.floor(width / (longest * 7.2 + 60)));
  const step = { x: width / columns, y: 24 };
  const placed = series.map((one, index) => ({
    ...one,
    x: (index % columns) * step.x,
    y: Math.floor(index / columns) * step.y + 12,
  }));
  return toDrawing(plot({
    document,
    ...{ width, height: Math.ceil(series.length / columns) * step.y },
    ...{ margin: 0, axis: null },
    x: { type: "identity" },
    y: { type: "identity" },
    marks: placed.flatMap(({ x, y, name, look, joined = true, marks }) => [
      joined ? lineOf({ name, look, points: [[x, y], [x + 28, y]] }, []) : null,
      marks === undefined ? null : dot([[x + 14, y]], {
        ...symbolOf(look),
        ...{ r: RADIUS, fill: colorOf(look) },
      }),
      text([[x + 36, y]], { text: [name], textAnchor: "start" }),
    ]),
  }));
}

/**
 * Makes the library's output fit in anywhere: all text in one size, and no
 * style sheet, which a page's security policy would refuse.
 */
export function toDrawing(
  drawn: SVGSVGElement | HTMLElement,
): SVGSVGElement {
  const svg = drawn as SVGSVGElement;
  if (svg.firstChild?.nodeName === "style") svg.removeChild(svg.firstChild);
  svg.removeAttribute("class");
  svg.setAttribute("font-size", "12");
  return svg;
}

/** An axis with every default filled in. */
interface WholeAxis extends Axis {
  readonly domain: [number, number];
  /** A logarithmic axis has no place for 0: its least value stands in. */
  clamp(value: number): number;
  /** Places, or how many the library should choose. */
  readonly at: readonly number[] | number;
}

function complete(
  axis: Axis,
  values: readonly number[],
  { pixels, room }: { pixels: number; room: number },
): WholeAxis {
  const isLog = axis.scale === "log";
  const domain = [
    ...axis.domain ?? (isLog ? logDomain(values) : [0, largest(values) * 1.05]),
  ] as [number, number];
  const [least, most] = [Math.min(...domain), Math.max(...domain)];
  const round = isLog ? logTicks(domain, pixels, room) : pixels / room;
  const ticks = axis.ticks ?? round;
  return {
    format: formatCompact,
    ...axis,
    domain,
    at: typeof ticks === "number"
      ? ticks
      : ticks.filter((tick) => tick >= least && tick <= most),
    clamp: (value) => isLog ? Math.max(value, least) : value,
  };
}

function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 1e-9);
}

/** All values, and some room at both ends. */
function logDomain(values: readonly number[]): [number, number] {
  const some = values.filter((value) => value > 0 && value < Infinity);
  if (some.length === 0) return [1, 10];
  const least = some.reduce((a, b) => Math.min(a, b));
  const most = largest(some);
  const margin = Math.max(1.15, (most / least) ** 0.04);
  return [least / margin, most * margin];
}

/** Round numbers of a decade, from the closest together to the furthest apart. */
const STEPS = [
  [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8],
  [1, 1.5, 2, 3, 5],
  [1, 2, 5],
  [1, 3],
  [1],
];

/** As many round numbers as have room for their labels. */
function logTicks(
  [from, to]: readonly [number, number],
  pixels: number,
  room: number,
): number[] {
  const decade = pixels / Math.log10(to / from);
  const steps = STEPS.find((some) => leastGap(some) * decade >= room) ?? [1];
  const every = Math.max(1, Math.ceil(room / decade));
  const ticks: number[] = [];
  const first = Math.floor(Math.log10(from));
  for (let power = first; power <= Math.log10(to); power++) {
    if (power % every !== 0) continue;
    ticks.push(...steps.map((step) => Number(`${step}e${power}`)));
  }
  return ticks;
}

/** The least distance between neighbours, as a share of a decade. */
function leastGap(steps: readonly number[]): number {
  return Math.min(
    ...steps.map((step, index) => Math.log10((steps[index + 1] ?? 10) / step)),
  );
}

/** A number of an axis in few characters: `0.5`, `200`, `5k`, `2M`. */
export function formatCompact(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1000 ? `${value / 1000}k` : String(value);
}
