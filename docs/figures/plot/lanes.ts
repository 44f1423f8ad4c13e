/// <reference lib="dom" />
import {
  areaX,
  axisX,
  dot,
  gridX,
  line,
  type Markish,
  plot,
  text,
} from "@observablehq/plot";
import { colorOf, type Look, symbolOf } from "./palette.ts";
import { toDrawing } from "./panel.ts";
import {
  type Cut,
  type TimeSpan,
  type TimeTick,
  timeTicks,
} from "./time_span.ts";

/** A flush and the appends in it; all instants in ms. */
export interface LaneFlush {
  /** Which flush of the run it is, from 0. */
  readonly index: number;
  /** How many appends it takes. */
  readonly appends: number;
  /** When appends arrived, as far as they are shown one by one. */
  readonly arrivals: readonly number[];
  /** Those of them that stand out by a longer tick. */
  readonly large?: readonly number[];
  /** When its first and its last append arrived. */
  readonly oldest: number;
  readonly newest: number;
  /** When its write began, when its sync did, and when that ended. */
  readonly started: number;
  readonly written: number;
  readonly durable: number;
}

/** What one policy does. */
export interface Lane {
  readonly label: string;
  readonly look: Look;
  readonly flushes: readonly LaneFlush[];
}

/** Heights within a lane, in pixels from its top. */
const LANE = 76;
const LABEL = 11;
const TICKS = { large: 20, from: 25, to: 33 };
const BAR = { from: 47, to: 58 };
/** A write stands out by its height. */
const WRITE = { from: 44, to: 61 };
const COUNT = 70;
const BAND = { from: 19, to: 74 };

const AXIS = 26;

/** Room that a label of the axis needs, in pixels. */
const TICK_ROOM = 68;
const DIGIT = 6.6;

/**
 * Every other flush is lighter, so that neighbors can be told apart. A write is
 * solid and taller than the sync that follows it.
 */
const OPACITIES = [
  { rides: 0.2, syncs: 0.62 },
  { rides: 0.36, syncs: 0.4 },
];

/** The height of this many lanes, with their axis. */
export function lanesHeight(lanes: number): number {
  return lanes * LANE + AXIS;
}

/**
 * Draws a lane for each policy: ticks for arrivals above, bars for flushes
 * below, and between them which arrivals ride in which flush.
 */
export function drawLanes(
  lanes: readonly Lane[],
  span: TimeSpan,
  width: number,
  document: Document,
): SVGSVGElement {
  const { fromMs, toMs } = span;
  const perMs = width / (toMs - fromMs);
  const isInside = (at: number) =>
    (at - fromMs) * perMs > 32 && (toMs - at) * perMs > 32;
  const ticks = timeTicks(span, TICK_ROOM / perMs);
  const labelAt = (lane: number) => lane * LANE + LABEL;
  return toDrawing(plot({
    document,
    ...{ width, height: lanesHeight(lanes.length), margin: 0 },
    marginBottom: AXIS,
    x: { domain: [fromMs, toMs], label: null },
    // From the top, as the heights are.
    y: { domain: [lanes.length * LANE, 0], axis: null },
    marks: [
      gridX(ticks, { x: "at", stroke: "var(--grid)", strokeOpacity: 1 }),
      axisX(ticks.filter(({ at }) => isInside(at)), {
        ...{ x: "at", tickSize: 0, color: "var(--faint)" },
        text: ({ ms }: TimeTick) => `${ms} ms`,
      }),
      marksOfCuts(span, lanes.length, perMs),
      lanes.map(({ look }, lane) =>
        dot([[fromMs + 7 / perMs, labelAt(lane)]], {
          ...{ ...symbolOf(look), r: 4.2, fill: colorOf(look) },
        })
      ),
      text(lanes, {
        ...{ x: () => fromMs, y: (_, lane) => labelAt(lane), text: "label" },
        ...{ dx: 18, textAnchor: "start", className: "names" },
      }),
      marksOf(lanes, span, perMs, 0),
      marksOf(lanes, span, perMs, 1),
      text(countsOf(lanes, span, perMs), {
        ...{ x: "middle", y: "height", text: "appends" },
        ...{ fill: "var(--faint)", fontSize: 11 },
      }),
    ],
  }));
}

/** Each cut as a band in every lane; the first says how much time it hides. */
function marksOfCuts(
  { cuts = [] }: TimeSpan,
  lanes: number,
  perMs: number,
): Markish[] {
  const corners = Array.from(
    { length: lanes },
    (_, lane) =>
      cuts.flatMap(({ fromMs, toMs }) => [
        [fromMs, toMs, lane * LANE + BAND.from],
        [fromMs, toMs, lane * LANE + BAND.to],
        APART,
      ]),
  ).flat();
  const isWide = ({ fromMs, toMs }: Cut) => (toMs - fromMs) * perMs > 14;
  return [
    areaX(corners, {
      ...{ x1: "0", x2: "1", y: "2", z: null },
      ...{ fill: "var(--grid)", className: "cuts" },
    }),
    text(cuts.filter(isWide), {
      x: ({ fromMs, toMs }: Cut) => (fromMs + toMs) / 2,
      y: () => (BAND.from + BAND.to) / 2,
      text: ({ idleMs }: Cut) => formatIdle(idleMs),
      ...{ rotate: -90, fill: "var(--ink)", fontSize: 11 },
    }),
  ];
}

function formatIdle(ms: number): string {
  return ms < 1 ? `${Math.round(ms * 1000)} µs` : `${Math.round(ms)} ms`;
}

/** Every other flush of all lanes: one path per lane for each part. */
function marksOf(
  lanes: readonly Lane[],
  { fromMs, toMs }: TimeSpan,
  perMs: number,
  parity: 0 | 1,
): Markish[] {
  const clip = (at: number) => Math.min(toMs, Math.max(fromMs, at));
  const half = 0.5 / perMs;
  const opacity = OPACITIES[parity];
  const area = { x1: "left", x2: "right", y: "height", z: "lane" } as const;
  const look = (name: string) => {
    return { fill: "color", className: `${name} p${parity}` };
  };
  const shapes = (of: (flush: LaneFlush) => Corner[]) =>
    cornersOf(lanes, parity, of);
  const bars = (from: Edge, to: Edge, bar: { from: number; to: number }) =>
    shapes((flush) =>
      [bar.from, bar.to]
        .map((height) => [clip(flush[from]), clip(flush[to]), height])
    );
  const rides = shapes(({ oldest, newest, started, durable }) => [
    [clip(oldest - half), clip(newest + half), TICKS.to],
    [clip(started), clip(durable), BAR.from],
  ]);
  const arrivals = shapes(({ arrivals, large = [] }) =>
    arrivals.flatMap((at) => [
      [at, at, large.includes(at) ? TICKS.large : TICKS.from],
      [at, at, TICKS.to],
      APART,
    ])
  );
  return [
    areaX(rides, { ...area, ...look("rides"), fillOpacity: opacity.rides }),
    line(arrivals, {
      ...{ x: "left", y: "height", z: "lane", stroke: "color" },
      ...{ strokeWidth: 1.2, className: `arrivals p${parity}` },
    }),
    areaX(bars("started", "written", WRITE), { ...area, ...look("writes") }),
    areaX(bars("written", "durable", BAR), {
      ...{ ...area, ...look("syncs"), fillOpacity: opacity.syncs },
    }),
  ];
}

type Edge = "started" | "written" | "durable";

/** Two ends at a height of a lane. */
type Corner = readonly number[];

/** What follows it is a separate outline. */
const APART: Corner = [NaN, NaN, NaN];

function cornersOf(
  lanes: readonly Lane[],
  parity: number,
  of: (flush: LaneFlush) => Corner[],
) {
  return lanes.flatMap(({ look, flushes }, lane) => {
    const color = colorOf(look);
    return flushes.filter(({ index }) => index % 2 === parity)
      .flatMap((flush) => [...of(flush), APART])
      .map(([left, right, height]) => {
        return { lane, color, left, right, height: height + lane * LANE };
      });
  });
}

/** How many appends each flush takes, where there is room to say so. */
function countsOf(
  lanes: readonly Lane[],
  { fromMs, toMs }: TimeSpan,
  perMs: number,
) {
  return lanes.flatMap(({ flushes }, lane) => {
    let right = fromMs;
    return flushes.flatMap(({ appends, started, durable }) => {
      const half = String(appends).length * DIGIT / 2 / perMs;
      const middle = (started + durable) / 2;
      if (middle - half <= right || middle + half >= toMs) return [];
      right = middle + half + 4 / perMs;
      return [{ middle, appends, height: lane * LANE + COUNT }];
    });
  });
}
