import { drawMarker } from "../cli/lab/draw_marker.ts";
import { element, textElement } from "../cli/lab/svg_element.ts";
import { type LaneFlush, layOutLane } from "./lane.ts";
import type { Course } from "./outcome.ts";
import { timeTicks } from "./time_ticks.ts";
import type { TimeWindow } from "./time_window.ts";

/** A policy's lane. */
export interface Lane {
  readonly label: string;
  /** Its colour and mark. */
  readonly color: number;
  readonly course: Course;
}

const LANE = 76;
const AXIS = 26;
const TICKS = { from: 22, to: 31 };
const BAR = { from: 46, to: 57 };
const LABEL = 69;
const DIGIT = 6.2;
const TICK_HALF = 26;
const TICK_LOOK = { class: "tick", "text-anchor": "middle" };

/** The height of a time line, in pixels. */
export function timeLineHeight(lanes: number): number {
  return lanes * LANE + AXIS;
}

/**
 * The time line as SVG: a lane for each policy, with arrivals above, flushes
 * below, and between them what rides in which.
 */
export function drawTimeLine(
  lanes: readonly Lane[],
  window: TimeWindow,
  width: number,
): string {
  const bottom = lanes.length * LANE;
  const ticks = timeTicks(window, width).flatMap(({ place, text }) => [
    element("line", { x1: place, y1: 0, x2: place, y2: bottom, class: "grid" }),
    place > TICK_HALF && place < width - TICK_HALF
      ? textElement(text, place, bottom + 16, TICK_LOOK)
      : "",
  ]);
  return [
    ...ticks,
    ...lanes.flatMap((lane, index) => {
      const flushes = layOutLane(lane.course, window, width);
      return element(
        "g",
        {
          class: `lane c${lane.color}`,
          transform: `translate(0 ${index * LANE})`,
        },
        drawMarker(lane.color, 7, 11),
        textElement(lane.label, 18, 15, { class: "name" }),
        ...drawFlushes(flushes, 0, width),
        ...drawFlushes(flushes, 1, width),
        ...drawCounts(flushes, width),
      );
    }),
  ].join("");
}

/** Every other flush looks different, to be told from its neighbours. */
function drawFlushes(
  flushes: readonly LaneFlush[],
  parity: 0 | 1,
  width: number,
): string[] {
  const some = flushes.filter(({ index }) => index % 2 === parity);
  const clip = (place: number) => Math.min(width, Math.max(0, place));
  const ticks = some.flatMap(({ arrivals }) =>
    arrivals.map((place) => `M${round(place)} ${TICKS.from}V${TICKS.to}`)
  );
  const rides = some.map(({ oldest, newest, started, durable }) =>
    `M${round(clip(oldest - 0.5))} ${TICKS.to}` +
    `H${round(clip(newest + 0.5))}L${round(clip(durable))} ${BAR.from}` +
    `H${round(clip(started))}Z`
  );
  const bars = (from: "started" | "written", to: "written" | "durable") =>
    some.map((flush) => {
      const [left, right] = [clip(flush[from]), clip(flush[to])];
      return right - left < 0.05
        ? ""
        : `M${round(left)} ${BAR.from}H${round(right)}V${BAR.to}` +
          `H${round(left)}Z`;
    });
  return [
    path(`rides p${parity}`, rides),
    path(`arrivals p${parity}`, ticks),
    path(`writes p${parity}`, bars("started", "written")),
    path(`syncs p${parity}`, bars("written", "durable")),
  ];
}

/** How many records each flush takes, where there is room to say so. */
function drawCounts(flushes: readonly LaneFlush[], width: number): string[] {
  let right = -Infinity;
  return flushes.flatMap(({ appends, started, durable }) => {
    const text = String(appends);
    const half = text.length * DIGIT / 2;
    const middle = (started + durable) / 2;
    const fits = middle - half > Math.max(0, right + 4) &&
      middle + half < width;
    if (!fits) return [];
    right = middle + half;
    return [textElement(text, middle, LABEL, { class: "count" })];
  });
}

function path(name: string, parts: readonly string[]): string {
  return element("path", { class: name, d: parts.join("") });
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
